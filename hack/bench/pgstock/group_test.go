package pgstock

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
)

// A cart gets all of its lines or leaves everything as it was.
func TestGroupDecides(t *testing.T) {
	g := &Group{free: map[string]int64{"a": 2, "b": 1}, held: map[string][]events.Item{}}
	cart := func(products ...string) (items []events.Item) {
		for _, p := range products {
			items = append(items, events.Item{ProductID: p, Quantity: 1})
		}
		return items
	}
	var phases []string
	for _, a := range []ask{
		{id: "1", items: cart("a", "b")},
		{id: "2", items: cart("a", "b")}, // no b
		{id: "3", items: cart("a")},
		{id: "4", items: cart("a")},
		{id: "1", release: true},
		{id: "5", items: cart("b", "a")},
	} {
		e, _ := g.decide(a, time.Time{})
		phases = append(phases, e.Phase)
	}
	want := []string{"Reserved", "Unavailable", "Reserved", "Unavailable", "Released", "Reserved"}
	if diff := cmp.Diff(want, phases); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int64{"a": 0, "b": 0}, g.free); diff != "" {
		t.Errorf("free units (-want +got):\n%s", diff)
	}
	if _, got := g.decide(ask{id: "1", release: true}, time.Time{}); got.err == nil {
		t.Error("a reservation was released twice")
	}
}
