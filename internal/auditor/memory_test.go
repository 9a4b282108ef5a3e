package auditor

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// The book takes a few hundred bytes for each cart that the journal remembers.
func TestBookMemory(t *testing.T) {
	const carts, most = 50000, 900
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	b := NewBook(journal.Identity{Journal: "j"}, 1)
	for n := range carts {
		id := stock.ID(fmt.Sprintf("%08x-0000-5000-8000-000000000000", n))
		got := stock.Allocation{Product: "mug", Location: "ams", Quantity: 1}
		gone := got
		gone.Released = 1
		records := fixture.Encode(t, fixture.Reserved(fixture.Reserve(id), got),
			stock.Released{Change: stock.Change{Reservation: id, Phase: stock.PhaseReleased, Allocations: []stock.Allocation{gone}, Ended: 1}})
		for i, encoded := range records {
			if err := b.Add(uint64(1+n/50), i, 1, encoded); err != nil {
				t.Fatal(err)
			}
		}
	}
	each := (heap() - before) / carts
	t.Logf("%d bytes for each cart", each)
	if each > most {
		t.Errorf("%d bytes for each cart, want %d at most", each, most)
	}
	runtime.KeepAlive(b)
}
