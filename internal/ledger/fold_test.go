package ledger

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// shop is what the stored objects say, and a count of units that knows nothing
// of folds and tallies.
type shop struct {
	rng     *rand.Rand
	version uint64
	ledger  *Ledger
	// reservations and tally are the stored objects.
	reservations map[types.UID]*v1.ReservationStatus
	tally        v1.StockTallyStatus
	fold         *v1.Fold
	// held and shipped are units by Reservation; gone are those that ended.
	held, shipped map[types.UID]int64
	gone          map[types.UID]bool
	old           []func()
}

var shopKey = Key{ProductID: "p", LocationID: "l"}

const shopUnits = 1000

// TestFoldsCountEveryUnitOnce plays the steps of many folds, each of them
// repeated, late, or after a crash, against a count of units.
func TestFoldsCountEveryUnitOnce(t *testing.T) {
	for seed := range uint64(300) {
		s := &shop{
			rng: rand.New(rand.NewPCG(seed, 1)), ledger: New(),
			reservations: map[types.UID]*v1.ReservationStatus{},
			held:         map[types.UID]int64{}, shipped: map[types.UID]int64{}, gone: map[types.UID]bool{},
		}
		s.ledger.PutItem(Item{Key: shopKey, UID: "item", Declared: shopUnits, Sellable: shopUnits}, 1)
		for step := range 120 {
			s.act(types.UID(fmt.Sprint(s.rng.IntN(20))))
			if s.rng.IntN(4) == 0 && len(s.old) > 0 {
				s.old[s.rng.IntN(len(s.old))]() // old news again
			}
			if s.rng.IntN(20) == 0 {
				s.restart()
			}
			if problem := s.check(); problem != "" {
				t.Fatalf("seed %d, step %d: %s", seed, step, problem)
			}
		}
	}
}

func (s *shop) act(uid types.UID) {
	r := s.reservations[uid]
	switch s.rng.IntN(5) {
	case 0:
		if r == nil && !s.gone[uid] {
			s.held[uid] = int64(1 + s.rng.IntN(9))
			s.reservations[uid] = &v1.ReservationStatus{Phase: v1.PhaseReserved, Allocations: []v1.Allocation{
				{ProductID: "p", LocationID: "l", Quantity: s.held[uid]},
			}}
			s.show(uid)
		}
	case 1:
		s.ship(uid)
	case 2:
		s.showFold(uid)
	case 3:
		s.count()
	case 4:
		if r != nil && s.fold == nil && s.rng.IntN(4) == 0 { // given back, or deleted
			s.held[uid], s.gone[uid] = 0, true
			delete(s.reservations, uid)
			s.ledger.End(uid)
		}
	}
}

// ship is step (a).
func (s *shop) ship(uid types.UID) {
	if s.held[uid] == 0 || s.fold != nil && s.member(uid) {
		return
	}
	takes := []v1.Take{{ProductID: "p", LocationID: "l", Quantity: 1 + s.rng.Int64N(s.held[uid])}}
	if !s.ledger.Covers(uid, takes) {
		panic("units that are held are not covered")
	}
	if s.fold == nil {
		s.fold = &v1.Fold{ID: s.tally.LastFold + 1}
		s.ledger.OpenFold(s.fold.ID)
	}
	s.fold.Reservations = append(s.fold.Reservations, v1.FoldedReservation{UID: uid, Takes: takes})
	s.ledger.Consume(uid, takes)
	s.fold.Units = s.ledger.FoldUnits()
	s.ledger.FoldStored()
	s.held[uid] -= takes[0].Quantity
	s.shipped[uid] += takes[0].Quantity
}

func (s *shop) member(uid types.UID) bool {
	for _, m := range s.fold.Reservations {
		if m.UID == uid {
			return true
		}
	}
	return false
}

// showFold is step (b) for one Reservation, as often as one likes.
func (s *shop) showFold(uid types.UID) {
	r := s.reservations[uid]
	if s.fold == nil || r == nil || !s.member(uid) || r.FoldID >= s.fold.ID {
		return
	}
	for _, m := range s.fold.Reservations {
		if m.UID == uid {
			r.Allocations[0].Consumed += m.Takes[0].Quantity
		}
	}
	r.FoldID = s.fold.ID
	s.show(uid)
}

// count is steps (c) and (d), once every Reservation shows the fold.
func (s *shop) count() {
	if s.fold == nil {
		return
	}
	for _, m := range s.fold.Reservations {
		s.showFold(m.UID)
	}
	var units int64
	for _, u := range s.fold.Units {
		units += u.Quantity
	}
	if len(s.tally.Entries) == 0 {
		s.tally.Entries = []v1.Take{{ProductID: "p", LocationID: "l"}}
	}
	s.tally.Entries = []v1.Take{{ProductID: "p", LocationID: "l", Quantity: s.tally.Entries[0].Quantity + units}}
	s.tally.LastFold = s.fold.ID
	s.showTally()
	if s.rng.IntN(3) > 0 {
		s.fold = nil
		s.ledger.CloseFold()
		return
	}
	// A crash before (d): the next leader finds the fold open and counted.
	s.restart()
	s.fold = nil
	s.ledger.CloseFold()
}

func (s *shop) show(uid types.UID) {
	s.version++
	r, version := s.reservations[uid].DeepCopy(), s.version
	tell := func() { s.ledger.Commit(uid, version, r.Allocations, r.FoldID) }
	tell()
	s.old = append(s.old, tell)
}

func (s *shop) showTally() {
	s.version++
	tally, version := s.tally.DeepCopy(), s.version
	tell := func() { s.ledger.PutTally(0, version, tally.LastFold, tally.Entries) }
	tell()
	s.old = append(s.old, tell)
}

// restart makes a new Ledger from what is stored.
func (s *shop) restart() {
	s.ledger, s.old = New(), nil
	s.ledger.PutItem(Item{Key: shopKey, UID: "item", Declared: shopUnits, Sellable: shopUnits}, 1)
	tellings := []func(){func() { s.ledger.ShowFold(s.fold) }, s.showTally}
	for uid := range s.reservations {
		tellings = append(tellings, func() { s.show(uid) })
	}
	s.rng.Shuffle(len(tellings), func(i, j int) { tellings[i], tellings[j] = tellings[j], tellings[i] })
	for _, tell := range tellings {
		tell()
	}
}

func (s *shop) check() string {
	var want Position
	want.Serving = true
	for _, units := range s.held {
		want.Reserved += units
	}
	for _, units := range s.shipped {
		want.Consumed += units
	}
	want.Available = shopUnits - want.Reserved - want.Consumed
	got, _ := s.ledger.Position("item")
	return cmp.Diff(want, got)
}

// TestUnstoredUnitsShowAsReserved: nobody is shown what a crash could take back,
// and nothing else changes for them.
func TestUnstoredUnitsShowAsReserved(t *testing.T) {
	l := New()
	l.PutItem(Item{Key: shopKey, UID: "item", Declared: 10, Sellable: 10}, 1)
	l.Commit("r", 2, []v1.Allocation{{ProductID: "p", LocationID: "l", Quantity: 4}}, 0)
	l.OpenFold(1)
	l.Consume("r", []v1.Take{{ProductID: "p", LocationID: "l", Quantity: 3}})
	unsaid, _ := l.Position("item")
	if diff := cmp.Diff(Position{Serving: true, Reserved: 4, Available: 6}, unsaid); diff != "" {
		t.Errorf("before it is stored (-want +got):\n%s", diff)
	}
	l.TakeChanged()
	l.FoldStored()
	said, _ := l.Position("item")
	if diff := cmp.Diff(Position{Serving: true, Consumed: 3, Reserved: 1, Available: 6}, said); diff != "" {
		t.Errorf("once it is stored (-want +got):\n%s", diff)
	}
	if changed := l.TakeChanged(); len(changed) != 1 {
		t.Errorf("%v changed, want the key to be shown again", changed)
	}
}

// TestTheOpenFoldIsNotLost: a rebuild around a ledger that still names its fold
// must not fold the same units again.
func TestTheOpenFoldIsNotLost(t *testing.T) {
	other := Key{ProductID: "other", LocationID: "l"}
	l := New()
	l.ShowFold(&v1.Fold{ID: 5, Units: []v1.FoldUnits{{ProductID: "p", LocationID: "l", Quantity: 3}}})
	for name, tc := range map[string]struct {
		key  Key
		id   int64
		want bool
	}{
		"named by the open fold":    {shopKey, 5, true},
		"not named by it":           {other, 5, false},
		"taken by an earlier fold":  {shopKey, 4, false},
		"another key, earlier fold": {other, 4, false},
	} {
		if got := l.FoldSeen(tc.key, tc.id); got != tc.want {
			t.Errorf("%s: seen is %t, want %t", name, got, tc.want)
		}
	}
}

func TestTalliesFillOneAfterTheOther(t *testing.T) {
	l := New()
	l.OpenFold(1)
	perShard := 0
	for i := range 6000 {
		l.Refold([]v1.Take{{ProductID: fmt.Sprintf("product-%032d", i), LocationID: "l", Quantity: 1}})
	}
	shards := map[int32]int{}
	for _, u := range l.FoldUnits() {
		shards[u.Shard]++
		perShard = max(perShard, shards[u.Shard])
	}
	if len(shards) < 2 || shards[0] == 0 || perShard*keyBytes(Key{ProductID: fmt.Sprintf("product-%032d", 0), LocationID: "l"}) > shardBytes+200 {
		t.Errorf("the keys are spread as %v", shards)
	}
}

// TestATallyNeverForgets: one that was deleted and made again, empty, changes
// nothing.
func TestATallyNeverForgets(t *testing.T) {
	l := New()
	entries := []v1.Take{{ProductID: "p", LocationID: "l", Quantity: 7}}
	l.PutTally(0, 5, 3, entries)
	l.PutTally(0, 9, 0, nil)
	got, lastFold := l.Tally(0)
	if diff := cmp.Diff(entries, got); diff != "" || lastFold != 3 {
		t.Errorf("the tally is %v of fold %d", got, lastFold)
	}
}
