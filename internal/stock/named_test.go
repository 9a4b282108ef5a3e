package stock_test

import (
	"slices"
	"testing"

	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// One name may stand for several objects, one after the other, and for a reservation of the
// bridge besides; each object shows one reservation.
func TestNamed(t *testing.T) {
	first := fixture.Reserved(fixture.Reserve("", fixture.FromObject("uid-1", "cart", 5)))
	second := fixture.Reserved(fixture.Reserve("", fixture.FromObject("uid-2", "cart", 9)))
	other := fixture.Reserved(fixture.Reserve("", fixture.FromObject("cart", "other", 9)))
	bridged := fixture.Reserved(fixture.Reserve("from-the-bridge"))
	s := stock.New()
	records := fixture.Encode(t, &first, &second, &other, &bridged,
		&stock.Shown{Reservation: "uid-1", Object: stock.Object{UID: "uid-1", Name: "cart", Version: 8, Gone: true}},
		&stock.Shown{Reservation: "from-the-bridge", Object: stock.Object{UID: "uid-3", Version: 8}})
	if err := s.Apply(&stock.Write{Page: 1, Head: 1, Records: records}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[stock.ID][]stock.ID{
		"cart": {"uid-1", "uid-2"}, "other": {"cart"}, "from-the-bridge": {"from-the-bridge"}, "uid-1": nil, "uid-3": nil, "nobody": nil,
	} {
		var ids []stock.ID
		for _, r := range s.Named(name) {
			ids = append(ids, r.ID)
		}
		if slices.Sort(ids); !slices.Equal(ids, want) {
			t.Errorf("%s names %v, want %v", name, ids, want)
		}
	}
	for uid, want := range map[stock.ID]stock.ID{
		"uid-1": "uid-1", "uid-2": "uid-2", "cart": "cart", "uid-3": "from-the-bridge", "from-the-bridge": "", "other": "",
	} {
		if r, ok := s.Shown(uid); ok != (want != "") || ok && r.ID != want {
			t.Errorf("the object %s shows %+v, %t; want %q", uid, r, ok, want)
		}
	}
	var kept []stock.ID
	for r := range s.Kept() {
		kept = append(kept, r.ID)
	}
	if slices.Sort(kept); len(kept) != 4 {
		t.Errorf("kept are %v, want all four: they hold units", kept)
	}
}
