package ledger

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// forSeeds runs a property with many seeds, or with the one in SEED.
func forSeeds(t *testing.T, property func(t *testing.T, g *generator)) {
	t.Helper()
	first, last := uint64(1), uint64(150)
	if seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		first, last = seed, seed
	} else if testing.Short() {
		last = 15
	}
	for seed := first; seed <= last; seed++ {
		func() {
			defer func() {
				if t.Failed() {
					t.Logf("replay with SEED=%d", seed)
				}
			}()
			property(t, &generator{Rand: rand.New(rand.NewPCG(seed, 1))})
		}()
		if t.Failed() {
			return
		}
	}
}

// generator makes a world of few products and places, so that things meet.
type generator struct {
	*rand.Rand
	version uint64
	items   []types.UID
	created map[types.UID]Item
}

var (
	products  = []string{"p", "q"}
	locations = []string{"a", "b", "c"}
)

// history is a possible past: each object has growing versions, and nothing
// comes after its end.
func (g *generator) history(n int) []observation {
	g.created = map[types.UID]Item{}
	var all []observation
	ended := map[types.UID]bool{}
	for range n {
		g.version++
		switch o := g.observation(); {
		case ended[o.uid]:
		default:
			ended[o.uid] = o.gone || o.ended
			all = append(all, o)
		}
	}
	return all
}

func (g *generator) observation() observation {
	if g.IntN(2) == 0 {
		uid := types.UID(fmt.Sprint("item", g.IntN(9)))
		if !slices.Contains(g.items, uid) {
			g.items = append(g.items, uid)
		}
		if g.IntN(6) == 0 {
			return observation{uid: uid, gone: true}
		}
		item := g.item(uid)
		return observation{uid: uid, item: &item, version: g.version}
	}
	uid := types.UID(fmt.Sprint("reservation", g.IntN(12)))
	if g.IntN(4) == 0 {
		return observation{uid: uid, ended: true}
	}
	return observation{uid: uid, version: g.version, allocations: g.allocations()}
}

// item is a new version of an item, whose key and age never change.
func (g *generator) item(uid types.UID) Item {
	item, ok := g.created[uid]
	if !ok {
		item = Item{
			Key: Key{ProductID: products[g.IntN(2)], LocationID: locations[g.IntN(3)]},
			UID: uid, Name: string(uid), CreatedAt: epoch.Add(time.Duration(g.IntN(3)) * time.Hour),
		}
		g.created[uid] = item
	}
	item.Declared = int64(g.IntN(20))
	item.Sellable = item.Declared
	item.SafetyStock = int64(g.IntN(4))
	item.Suspended = g.IntN(5) == 0
	item.Priority = int32(g.IntN(3))
	return item
}

func (g *generator) allocations() []v1.Allocation {
	var all []v1.Allocation
	for range 1 + g.IntN(3) {
		all = append(all, from(locations[g.IntN(3)], products[g.IntN(2)], int64(1+g.IntN(5))))
	}
	return all
}

func (g *generator) carts() [][]v1.ReservationItem {
	var all [][]v1.ReservationItem
	for range 5 {
		all = append(all, lines(line("p", int64(1+g.IntN(9))), line("q", int64(1+g.IntN(9)))))
	}
	return all
}

// withJournal puts decided holds, and some that are taken back, into a past.
func (g *generator) withJournal(history []observation) []observation {
	var all []observation
	for _, o := range history {
		all = append(all, o)
		uid := types.UID(fmt.Sprint("reservation", g.IntN(12)))
		switch g.IntN(6) {
		case 0, 1:
			all = append(all, observation{uid: uid, journaled: true, allocations: g.allocations()})
		case 2:
			all = append(all, observation{uid: uid, withdrawn: true})
		}
	}
	return all
}
