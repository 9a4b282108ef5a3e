package allocator

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// How long to wait before trying again, doubled each time up to the cap.
const (
	firstDelay = 50 * time.Millisecond
	maxDelay   = 2 * time.Second
)

func backoff(tries int) time.Duration {
	return min(maxDelay, firstDelay<<min(tries, 10))
}

// wanted tells whether there is anything to hold the ledger for.
func (s *State) wanted() bool {
	return s.elected && (s.stock.HasItems() || len(s.queue) > 0 || s.base.UID != "")
}

// seize starts a take-over unless one is under way or there is no need.
func (s *State) seize(delay time.Duration) []Effect {
	if s.stage != following || !s.wanted() {
		return nil
	}
	s.term++
	s.stage = reading
	return []Effect{ReadLedger{Term: s.term, Delay: delay}}
}

// stop gives up whatever this process was doing with the ledger. Answers that
// are still under way are ignored from here on. Requests go on waiting, in
// their order; what did not land was never decided.
func (s *State) stop() {
	s.term++
	s.stage = following
	if s.attempt != nil {
		batch := s.attempt.batch
		s.attempt = nil
		s.requeue(batch)
	}
	// What the stored ledger names stays counted, as far as is known.
	s.withdraw(func(e *entry) bool { return !e.journaled })
	s.fold = nil
	s.followFold()
}

// withdraw forgets the holds in flight that match.
func (s *State) withdraw(matches func(*entry) bool) {
	s.order = slices.DeleteFunc(s.order, func(uid types.UID) bool {
		if !matches(s.entries[uid]) {
			return false
		}
		s.stock.Withdraw(uid)
		delete(s.entries, uid)
		return true
	})
}

// lose ends an epoch that somebody else ended, or that nobody can tell about.
// It comes back later and later, so that two processes that both believe they
// lead do not spend their time fencing each other off.
func (s *State) lose() []Effect {
	s.stop()
	delay := backoff(s.losses)
	s.losses++
	return s.seize(delay)
}

// ledgerSeen learns from the watch that the ledger was deleted, edited or taken over,
// so that an idle leader notices too. A take-over while a write is under way
// shows in the answer to that write.
func (s *State) ledgerSeen(e LedgerSeen) []Effect {
	if e.Gone && e.UID != s.base.UID {
		return nil
	}
	if e.Edited && !e.Gone {
		e.OpenFold = s.knownFold()
	}
	if e.Gone || e.Version > s.seenVersion {
		s.seenVersion, s.seenFold = e.Version, e.OpenFold
	}
	switch {
	case e.Gone:
		s.base = Stored{}
		if s.stage == following {
			s.followFold()
			return nil
		}
		return s.lose()
	case s.stage == following:
		s.base.UID = e.UID
		s.followFold()
		return s.seize(0)
	case s.stage == reading:
		s.followFold()
		return nil
	case s.stage == leading && s.attempt == nil &&
		e.Version > s.base.Version && (e.Edited || e.Token != s.base.Status.Token):
		return s.lose()
	default:
		return nil
	}
}

// ledgerRead goes on with a take-over, or finds out what became of a write.
func (s *State) ledgerRead(now time.Time, stored *Stored) []Effect {
	switch {
	case s.stage == reading && stored == nil:
		return []Effect{CreateLedger{Term: s.term}}
	case s.stage == reading:
		s.base = *stored
		return s.fence(now)
	case s.attempt != nil:
		return s.resolve(now, stored)
	default:
		return nil
	}
}

// fence writes this process into the ledger as it was read. From the moment
// this lands no older leader can add a hold.
func (s *State) fence(now time.Time) []Effect {
	s.stage = fencing
	if !trusted(&s.base) {
		s.distrust()
	}
	s.epoch = max(s.epoch, s.base.Status.Epoch) + 1
	status := *s.base.Status.DeepCopy()
	status.Holder = s.self
	status.Epoch = s.epoch
	setReady(&status, false, now)
	s.attempt = &attempt{status: status}
	return s.send()
}

// maxEpoch is more take-overs than ever happen: an epoch above it was put there by
// hand.
const maxEpoch = 1 << 52

// distrust forgets what an edited ledger names, for nothing can be told from what was
// edited. Whatever decides is found again; an epoch is not, so it is kept where
// others can follow it.
func (s *State) distrust() {
	known := &s.base.Status
	known.Recovered, known.InFlight, known.OpenFold, known.LastFold = false, nil, nil, 0
	if known.Epoch > maxEpoch {
		known.Epoch = 0
	}
}

// fenced learns what is in flight and goes on to what else there is.
func (s *State) fenced() []Effect {
	s.withdraw(func(*entry) bool { return true })
	for _, hold := range s.base.Status.InFlight {
		s.addEntry(hold, true)
	}
	s.loadFold(s.base.Status.OpenFold, s.base.Status.LastFold)
	if s.cursor == "" {
		s.cursor = s.base.Status.Cursor
	}
	s.stage = catchingUp
	fence := fmt.Sprintf("%s/%d/%s", s.base.UID, s.epoch, s.self)
	return []Effect{CatchUp{
		Term:    s.term,
		Rebuild: !s.base.Status.Recovered,
		Fence:   fence,
		Claim:   s.claim(),
	}}
}

func (s *State) caughtUp(now time.Time, e CaughtUp) []Effect {
	s.stock.CompleteItems(e.ItemsVersion, e.Items)
	s.stock.CompleteHolds(e.HoldsVersion, e.Holds)
	var open []v1.InFlightHold
	for _, uid := range s.order {
		entry := s.entries[uid]
		if s.stock.HoldVersion(uid) > 0 || s.stock.Ended(uid) {
			entry.settled = true
		}
		if !entry.settled {
			open = append(open, entry.hold)
		}
	}
	fold := s.unfinishedFold()
	s.refold(now, e.FoldFloor, e.Refold)
	s.stage = rollingForward
	if len(open) == 0 && (fold == nil || len(fold.Reservations) == 0) {
		return s.rolledForward(now)
	}
	return []Effect{RollForward{Term: s.term, Holds: open, Fold: fold, Claim: s.claim()}}
}

// rolledForward finishes the fold that is open, if any, and then decides.
func (s *State) rolledForward(now time.Time) []Effect {
	if s.fold == nil || !s.fold.closing {
		return s.lead(now)
	}
	s.stage = tallying
	return s.tally()
}

// lead starts to decide. The first write also says that the ledger is
// recovered, in one stroke with the first decisions.
func (s *State) lead(now time.Time) []Effect {
	s.stage = leading
	return s.write(now)
}
