package replay_test

import (
	"errors"
	"os"
	"testing"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/replay"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/testbed"
)

func TestMain(m *testing.M) { os.Exit(testbed.Main(m)) }

// What an operator answered is what its pages say, over several pages and a term more.
func TestStateOfPages(t *testing.T) {
	w := testbed.NewWorld(t)
	o := w.Operate("--show=none", "--leader-elect=false")
	w.Stock("mug", "mug", "amsterdam", 1000)
	var held *testbed.Told
	for i := range 40 {
		told := w.Ask(testbed.Reserve(string(rune('A'+i)), testbed.PlainHTTP, testbed.Item("mug", 2)), o)
		switch i {
		case 0:
			held = told
		case 1:
			w.Ask(testbed.Consume("c", testbed.PlainHTTP, told.Reservation), o)
		case 2:
			w.Ask(testbed.Release("r", testbed.PlainHTTP, told.Reservation), o)
		}
	}
	state, err := replay.State(w.Pages())
	if err != nil {
		t.Fatal(err)
	}
	if available, reserved, known := state.Level("mug"); available != 922 || reserved != 76 || !known {
		t.Errorf("available %d, reserved %d, known %t", available, reserved, known)
	}
	if got := state.Consumed(stock.Key{Product: "mug", Location: "amsterdam"}); got != 2 {
		t.Errorf("consumed %d, want 2", got)
	}
	if r, ok := state.Reservation(stock.ID(held.Reservation)); !ok || r.Phase != stock.PhaseReserved || r.Cart != "cart-A" {
		t.Errorf("the first cart is %+v", r)
	}
}

// Nothing at all, and less than all, are told apart.
func TestNoState(t *testing.T) {
	if _, err := replay.State(nil); !errors.Is(err, replay.ErrNone) {
		t.Errorf("no pages: %v", err)
	}
	w := testbed.NewWorld(t)
	o := w.Operate("--show=none", "--leader-elect=false")
	w.Stock("mug", "mug", "amsterdam", 10)
	w.Ask(testbed.Reserve("A", testbed.PlainHTTP, testbed.Item("mug", 2)), o)
	pages := w.Pages()
	counting, _ := journal.LivePages(pages)
	counting[0].Records = counting[0].Records[:1]
	if _, err := replay.State(pages); !errors.Is(err, replay.ErrDamaged) {
		t.Errorf("an edited page: %v", err)
	}
}
