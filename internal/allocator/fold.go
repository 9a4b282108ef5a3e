package allocator

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// foldLinger is how long a fold takes in more consumes before its units go to
// the tallies.
const foldLinger = 500 * time.Millisecond

// openFold is the one fold that is open. It goes through four steps: units and
// Reservations join it with writes of the ledger, from which on the units are
// consumed; the Reservations come to show it; the tallies come to count it; it
// leaves the ledger. Every step can be repeated without effect.
type openFold struct {
	id       int64
	openedAt time.Time
	// journaled says that the stored ledger names the fold.
	journaled bool
	// closing says that nobody joins any more.
	closing bool
	// tallying says that the tallies are being written.
	tallying bool
	members  map[types.UID]*member
	order    []types.UID
	bytes    int
	// lost are units that an earlier fold took, whose ledger was lost.
	lost map[types.UID][]v1.Take
}

// member is a Reservation that is part of the fold.
type member struct {
	name string
	Folded
	// journaled says that the stored ledger names it.
	journaled bool
	// settled says that the Reservation is known to show the fold, or is gone.
	settled bool
}

// join makes units of a Reservation part of the open fold. One that joined it
// already is answered again, with the write that the caller needs as its proof.
// It waits while the fold takes nobody in.
func (s *State) join(now time.Time, r *request, room int) (d Decision, size int, decided bool) {
	if m := s.member(r.uid); m != nil && !m.settled {
		return Decision{Fold: &m.Folded}, 0, true
	}
	if s.member(r.uid) != nil {
		s.fold.closing = true // it waits for the next fold
	}
	if s.fold != nil && s.fold.closing {
		return Decision{}, 0, false
	}
	if size = memberBytes(r.name, r.takes); size > room {
		if s.fold != nil {
			s.fold.closing = true
		}
		return Decision{}, 0, false
	}
	if s.fold == nil {
		s.open(now)
	}
	s.stock.Consume(r.uid, r.takes)
	m := &member{name: r.name, Folded: Folded{ID: s.fold.id, Takes: r.takes, Lost: s.fold.lost[r.uid]}}
	s.addMember(r.uid, m)
	return Decision{Fold: &m.Folded}, size, true
}

func (s *State) open(now time.Time) {
	s.fold = &openFold{id: s.lastFold + 1, openedAt: now, members: map[types.UID]*member{}}
	s.stock.OpenFold(s.fold.id)
}

func (s *State) addMember(uid types.UID, m *member) {
	s.fold.members[uid] = m
	s.fold.order = append(s.fold.order, uid)
	s.fold.bytes += memberBytes(m.name, m.Takes) + memberBytes("", m.Lost)
}

// member is what the open fold has of a Reservation, nil if nothing.
func (s *State) member(uid types.UID) *member {
	if s.fold == nil {
		return nil
	}
	return s.fold.members[uid]
}

// joined tells whether the open fold waits for the Reservation to show it.
func (s *State) joined(uid types.UID) bool {
	m := s.member(uid)
	return m != nil && !m.settled
}

// settleMember notes that a Reservation shows the open fold, or has ended.
func (s *State) settleMember(uid types.UID) {
	if m := s.member(uid); m != nil && (s.stock.Ended(uid) || s.stock.HoldFold(uid) >= s.fold.id) {
		m.settled = true
	}
}

// advanceFold closes a fold that has lingered, and tallies one that everybody
// shows.
func (s *State) advanceFold(now time.Time) []Effect {
	if s.fold == nil {
		return nil
	}
	if left := foldLinger - now.Sub(s.fold.openedAt); left > 0 && !s.fold.closing {
		return s.wake(now, left)
	}
	s.fold.closing = true
	if s.fold.tallying || !s.fold.journaled {
		return nil
	}
	for _, m := range s.fold.members {
		if !m.journaled || !m.settled {
			return nil
		}
	}
	return s.tally()
}

func (s *State) tally() []Effect {
	s.fold.tallying = true
	return []Effect{TallyFold{Term: s.term, ID: s.fold.id, Units: s.stock.FoldUnits(), Claim: s.claim()}}
}

// tallied ends the fold: the tallies count it. It leaves the stored ledger with
// the next write.
func (s *State) tallied(now time.Time) []Effect {
	s.lastFold = s.fold.id
	s.fold = nil
	s.stock.CloseFold()
	if s.stage == tallying {
		return s.lead(now)
	}
	return s.write(now)
}

// loadFold takes over the fold of a stored ledger. It takes nobody in.
func (s *State) loadFold(stored *v1.Fold, lastFold int64) {
	s.lastFold = max(s.lastFold, lastFold)
	s.stock.ShowFold(stored)
	if stored == nil {
		return
	}
	s.fold = &openFold{id: stored.ID, journaled: true, closing: true, members: map[types.UID]*member{}}
	for _, r := range stored.Reservations {
		folded := Folded{ID: stored.ID, Takes: r.Takes, Lost: r.Lost}
		s.addMember(r.UID, &member{name: r.Name, Folded: folded, journaled: true})
	}
}

// followFold counts the fold of the stored ledger as it is last known, while this
// process does not hold it.
func (s *State) followFold() { s.stock.ShowFold(s.knownFold()) }

// knownFold is the fold of the stored ledger as it is last known.
func (s *State) knownFold() *v1.Fold {
	if s.seenVersion > s.base.Version {
		return s.seenFold
	}
	return s.base.Status.OpenFold
}

// refold takes into account what a rebuild found: the numbers that are used up,
// and units that a lost fold took and that no tally counts. They become part of
// the open fold, or of a new one.
func (s *State) refold(now time.Time, floor int64, lost map[types.UID][]v1.Take) {
	s.lastFold = max(s.lastFold, floor, s.stock.LastFold())
	if len(lost) == 0 {
		return
	}
	if s.fold == nil {
		s.open(now)
	}
	s.fold.lost = lost
	for _, takes := range lost {
		s.stock.Refold(takes)
	}
}

// unfinishedFold is the open fold as the ledger stores it, with the
// Reservations that are not known to show it.
func (s *State) unfinishedFold() *v1.Fold {
	if s.fold == nil {
		return nil
	}
	stored := &v1.Fold{ID: s.fold.id, Units: s.stock.FoldUnits()}
	for _, uid := range s.fold.order {
		m := s.fold.members[uid]
		s.settleMember(uid)
		if !m.settled {
			stored.Reservations = append(stored.Reservations,
				v1.FoldedReservation{UID: uid, Name: m.name, Takes: m.Takes, Lost: m.Lost})
		}
	}
	return stored
}

// foldBytes is an upper bound of the open fold's size as JSON.
func (s *State) foldBytes() int {
	if s.fold == nil {
		return 0
	}
	return s.fold.bytes
}

// foldLanded notes that the stored ledger has what an attempt made of the fold.
func (s *State) foldLanded(stored *v1.Fold, batch []*request) {
	if s.fold == nil || stored == nil || stored.ID != s.fold.id {
		return
	}
	s.fold.journaled = true
	s.stock.FoldStored()
	for _, r := range batch {
		if m := s.member(r.uid); m != nil {
			m.journaled = true
		}
	}
}

// byShard groups the units of a fold by the tally that counts them.
func byShard(units []v1.FoldUnits) map[int32][]v1.FoldUnits {
	shards := map[int32][]v1.FoldUnits{}
	for _, u := range units {
		shards[u.Shard] = append(shards[u.Shard], u)
	}
	return shards
}
