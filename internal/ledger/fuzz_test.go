package ledger

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Whatever is told to a Ledger, in whatever order, its figures and its answers are
// those of a model that adds everything up from the beginning, and a key whose
// figures changed is told as changed.
func FuzzLedger(f *testing.F) {
	for op := range steps {
		f.Add([]byte{0, 0, 9, 1, byte(op), 1, 2, 3, 4, 5, 6, 7, 8, byte(op), 9, 8, 7, 6, 5, 4, 3, 2, 1})
	}
	// Stock, a hold, a fold that takes part of it, its tally, its end.
	f.Add([]byte{0, 0, 0, 5, 5, 0, 0, 0, 4, 3, 0, 3, 0, 0, 0, 7, 1, 8, 0, 1, 10, 11, 2, 1, 0, 9, 5, 0, 12})
	f.Fuzz(func(t *testing.T, script []byte) {
		p := &play{t: t, script: script, ledger: New(), naive: newNaive()}
		for step := 0; len(p.script) > 0 && step < 100; step++ {
			name := steps[p.number(len(steps))](p)
			p.compare(fmt.Sprintf("step %d, %s", step, name))
		}
	})
}

// play is one script on its way through a Ledger and the model.
type play struct {
	t       *testing.T
	script  []byte
	ledger  *Ledger
	naive   *naive
	version uint64
	// before are the figures after the step before.
	before figures
}

// number reads one of the first n numbers; a script that is at its end says 0.
func (p *play) number(n int) int {
	if len(p.script) == 0 {
		return 0
	}
	b := p.script[0]
	p.script = p.script[1:]
	return int(b) % n
}

// units reads a number of units, some of them very large.
func (p *play) units() int64 {
	return []int64{0, 1, 2, 3, 4, 5, 8, 20, 1e9, 1e15}[p.number(10)]
}

func (p *play) key() Key {
	return Key{ProductID: products[p.number(len(products))], LocationID: locations[p.number(len(locations))]}
}

// at reads a version: mostly a new one, sometimes an old one.
func (p *play) at() uint64 {
	p.version++
	if back := uint64(p.number(8)); back > 4 && back < p.version {
		return p.version - back
	}
	return p.version
}

func itemUID(i int) types.UID        { return types.UID(fmt.Sprint("item", i)) }
func reservationUID(i int) types.UID { return types.UID(fmt.Sprint("reservation", i)) }

const (
	fuzzItems        = 5
	fuzzReservations = 4
	fuzzShards       = 3
)

func (p *play) compare(after string) {
	p.t.Helper()
	var uids []types.UID
	for i := range fuzzItems {
		uids = append(uids, itemUID(i))
	}
	want := p.naive.figures(fuzzCarts)
	got := asked(p.ledger, uids, products, fuzzCarts)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		p.t.Fatalf("%s (-model +ledger):\n%s", after, diff)
	}
	for i := range fuzzReservations {
		uid := reservationUID(i)
		if h := p.naive.holds[uid]; p.ledger.HoldVersion(uid) != h.version || p.ledger.HoldFold(uid) != h.foldID || p.ledger.Ended(uid) != p.naive.ended(uid) {
			p.t.Fatalf("%s: %s is known at %d with fold %d, ended %t; want %+v", after, uid,
				p.ledger.HoldVersion(uid), p.ledger.HoldFold(uid), p.ledger.Ended(uid), h)
		}
	}
	changed := map[Key]bool{}
	for _, key := range p.ledger.TakeChanged() {
		changed[key] = true
	}
	for uid, position := range want.Positions {
		if record := p.naive.items[uid]; p.before.Positions[uid] != position && !changed[record.Key] {
			p.t.Fatalf("%s: %+v of %s became %+v and was not told as changed", after, p.before.Positions[uid], uid, position)
		}
	}
	p.before = want
}

// fuzzCarts are asked for after each step.
var fuzzCarts = [][]v1.ReservationItem{
	lines(line("p", 1)), lines(line("q", 4), line("p", 3)), lines(line("p", 25)), lines(line("p", 1e9), line("q", 2e9)),
}
