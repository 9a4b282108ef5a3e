package allocator

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// stage is how far this process is in holding the ledger.
type stage int

const (
	// following: it does not hold the ledger and is not about to.
	following stage = iota
	// reading: it reads the ledger in order to take it over.
	reading
	// fencing: it writes itself into the ledger.
	fencing
	// catchingUp: older leaders are fenced off; it learns what they did.
	catchingUp
	// rollingForward: it finishes what they left in flight.
	rollingForward
	// tallying: it finishes a fold that they left open.
	tallying
	// leading: it decides.
	leading
)

// State is one namespace's allocator: pure, and not safe for concurrent use.
type State struct {
	// self names this process and no other, ever.
	self  string
	stock *ledger.Ledger

	elected bool
	stage   stage
	// term counts the attempts to hold the ledger.
	term uint64
	// epoch is the highest epoch ever seen.
	epoch int64
	// base is the stored ledger as this process last read or wrote it.
	base Stored
	// seenVersion and seenFold are the stored ledger as the watch last showed it.
	seenVersion uint64
	seenFold    *v1.Fold
	// losses counts the take-overs by others since this process last decided.
	losses int

	// attempt is the ledger write under way, at most one.
	attempt  *attempt
	attempts uint64
	// entries are the holds in flight, by Reservation; order is their order.
	entries map[types.UID]*entry
	order   []types.UID

	// fold is the open fold, nil if there is none; lastFold is the highest that
	// is finished.
	fold     *openFold
	lastFold int64

	// queue are the requests that wait, in order of arrival; waiting finds them
	// by Reservation. Those in attempt are in neither.
	queue   []*request
	waiting map[types.UID]*request

	cursor  string
	backlog int64
	// audited is what the last audit found, nil if there was none since this
	// process leads: the stored ledger says then.
	audited *Audited
	// lastWrite is when a ledger write last landed; wakeAt is when the next
	// Woken comes, zero if none is asked for.
	lastWrite time.Time
	wakeAt    time.Time
}

// entry is a hold on its way into its Reservation.
type entry struct {
	hold v1.InFlightHold
	// journaled says that the stored ledger has it.
	journaled bool
	// settled says that its Reservation is known to be decided or gone.
	settled bool
}

// NewState returns the allocator of one namespace. self must be unique to this
// process, also among its own restarts.
func NewState(self string) *State {
	return &State{
		self:    self,
		stock:   ledger.New(),
		entries: map[types.UID]*entry{},
		waiting: map[types.UID]*request{},
	}
}

// Stock is the accounting, for reading only.
func (s *State) Stock() *ledger.Ledger { return s.stock }

// Leading tells whether this process decides reservations.
func (s *State) Leading() bool { return s.stage == leading }

// Busy tells whether decisions are waiting or on their way.
func (s *State) Busy() bool {
	return len(s.queue) > 0 || s.attempt != nil && len(s.attempt.batch) > 0 || s.unsettled() > 0
}

// Waiting is the number of Reservations that wait for a decision.
func (s *State) Waiting() int { return len(s.queue) }

// Step applies one event and returns what is to be done about it.
func (s *State) Step(now time.Time, event Event) []Effect {
	switch e := event.(type) {
	case Elected:
		s.elected = true
		return s.seize(0)
	case Deposed:
		s.elected = false
		s.audited = nil
		s.wakeAt = time.Time{} // a Wake under way ends with the leadership
		s.stop()
		// Whoever leads now finishes these, or drops them.
		s.withdraw(func(*entry) bool { return true })
		return nil
	case ReserveCalled:
		return s.called(now, e.Call, request{uid: e.UID, name: e.Name, lines: e.Lines, holdFor: e.HoldFor})
	case ConsumeCalled:
		return s.called(now, e.Call, request{uid: e.UID, name: e.Name, takes: fitting(e.Takes), foldID: e.FoldID})
	case CallDropped:
		s.callDropped(e)
		return nil
	case ReservationSeen:
		return s.reservationSeen(now, e)
	case ItemSeen:
		s.stock.PutItem(e.Item, e.Version)
		return s.proceed(now)
	case ItemGone:
		s.stock.DropItem(e.UID)
		return s.proceed(now)
	case TallySeen:
		s.stock.PutTally(e.Shard, e.Version, e.LastFold, e.Entries)
		return s.proceed(now)
	case Progressed:
		s.cursor, s.backlog = e.Cursor, e.Backlog
		return s.proceed(now)
	case Audited:
		s.audited = e.after(s.audited)
		return s.proceed(now)
	case Distrusted:
		return s.distrusted()
	case Woken:
		s.wakeAt = time.Time{}
		return s.proceed(now)
	case Aged:
		s.stock.Forget()
		return nil
	default:
		return s.stepLedger(now, event)
	}
}

// stepLedger applies what was learned of the stored ledger.
func (s *State) stepLedger(now time.Time, event Event) []Effect {
	switch e := event.(type) {
	case LedgerSeen:
		return s.ledgerSeen(e)
	case LedgerRead:
		if e.Term == s.term {
			return s.ledgerRead(now, e.Stored)
		}
	case LedgerWritten:
		if e.Term == s.term && s.attempt != nil {
			return s.ledgerWritten(now, e)
		}
	case CaughtUp:
		if e.Term == s.term && s.stage == catchingUp {
			return s.caughtUp(now, e)
		}
	case RolledForward:
		if e.Term == s.term && s.stage == rollingForward {
			return s.rolledForward(now)
		}
	case Tallied:
		if e.Term == s.term && s.fold != nil {
			return s.tallied(now)
		}
	case TakenOver:
		if e.Term == s.term {
			return s.lose()
		}
	}
	return nil
}

// proceed goes on with whatever can go on now.
func (s *State) proceed(now time.Time) []Effect {
	if s.stage == leading {
		return s.write(now)
	}
	return s.seize(0)
}

func (s *State) reservationSeen(now time.Time, e ReservationSeen) []Effect {
	if e.Phase == v1.PhasePending && !e.Gone {
		return nil
	}
	if e.Phase == v1.PhaseReserved && !e.Gone {
		s.stock.Commit(e.UID, e.Version, e.Allocations, e.FoldID)
	} else {
		s.stock.End(e.UID)
	}
	if entry, ok := s.entries[e.UID]; ok {
		entry.settled = true
	}
	s.settleMember(e.UID)
	var effects []Effect
	if r, known := s.waiting[e.UID]; known && (r.takes == nil || s.stock.Ended(e.UID)) {
		s.dequeue(r)
		effects = replies(r, Decision{Superseded: true})
	}
	return append(effects, s.proceed(now)...)
}

func (s *State) claim() Claim {
	return Claim{UID: s.base.UID, Holder: s.self, Epoch: s.epoch}
}

func (s *State) unsettled() int {
	count := 0
	for _, uid := range s.order {
		if !s.entries[uid].settled {
			count++
		}
	}
	return count
}
