package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Whoever writes the spec cannot touch the status, and the other way round. A status is
// tracked as one value.
func TestStatusIsSeparate(t *testing.T) {
	tests := map[string]struct {
		base         *object
		spec, status change
	}{
		"StockItem": {newStockItem(), set("spec.received", int64(99)), set("status", map[string]any{
			"onHand": int64(10), "reserved": int64(3), "available": int64(7), "consumed": int64(0), "refused": int64(1), "observedGeneration": int64(1),
			"position": "0a1b2c3d.7.12"})},
		"Reservation": {newReservation(), set("spec.intent", "Release"), set("status", map[string]any{
			"phase": "Reserved", "units": int64(2), "outcomeID": "o", "observedGeneration": int64(1), "position": "0a1b2c3d.7.12", "allocations": []any{
				map[string]any{"locationID": "default", "productID": "mug", "quantity": int64(2), "consumed": int64(1), "released": int64(1)}}})},
		"StockLedger": {newLedger(), all(), set("status", map[string]any{"leader": "operator-1", "position": "0a1b2c3d.7.12", "observedGeneration": int64(1),
			"journal": map[string]any{"uid": "u", "namespace": "n"}, "totals": map[string]any{"items": int64(1), "open": int64(2)}})},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			objects := client.Resource(resourceOf(tt.base)).Namespace(newNamespace(t))
			made, err := objects.Create(t.Context(), tt.base, metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			told, err := objects.UpdateStatus(t.Context(), changed(made, tt.spec, tt.status), metav1.UpdateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(content(changed(made, tt.status)), content(told)); diff != "" {
				t.Errorf("a status write (-want +got):\n%s", diff)
			}
			for _, f := range told.GetManagedFields() {
				if f.Subresource == "status" && f.FieldsV1.GetRawString() != `{"f:status":{}}` {
					t.Errorf("the status is tracked by field: %s", f.FieldsV1.GetRawString())
				}
			}
			if made.GetGeneration() != told.GetGeneration() {
				t.Errorf("a status write moved the generation from %d to %d", made.GetGeneration(), told.GetGeneration())
			}
			respecified, err := objects.Update(t.Context(), changed(told, tt.spec, remove("status")), metav1.UpdateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(content(changed(told, tt.spec)), content(respecified)); diff != "" {
				t.Errorf("a spec write (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStatusRules(t *testing.T) {
	objects := client.Resource(reservations).Namespace(newNamespace(t))
	made, err := objects.Create(t.Context(), newReservation(), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]ruleCase{
		"Lost":    {set("status.phase", "Lost"), refuse("status.phase", `Unsupported value: "Lost": supported values: "Pending", "Reserved", "Unavailable", "Released", "Consumed"`)},
		"no item": {set("status.allocations", []any{map[string]any{}}), []refusal{{"status.allocations[0].locationID", "Required value"}, {"status.allocations[0].productID", "Required value"}, {"status.allocations[0].quantity", "Required value"}}},
	}
	for _, phase := range []string{"Pending", "Reserved", "Unavailable", "Released", "Consumed"} {
		cases[phase] = ruleCase{change: set("status.phase", phase)}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := objects.UpdateStatus(t.Context(), changed(made, c.change), metav1.UpdateOptions{DryRun: dryRun})
			checkAnswer(t, err, c.refused)
		})
	}
}

// An erased status reads as Pending, never as no phase at all.
func TestErasedStatusIsPending(t *testing.T) {
	objects := client.Resource(reservations).Namespace(newNamespace(t))
	made, err := objects.Create(t.Context(), newReservation(), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, erase := range map[string]change{"removed": remove("status"), "emptied": set("status", map[string]any{})} {
		t.Run(name, func(t *testing.T) {
			got, err := objects.UpdateStatus(t.Context(), changed(made, erase), metav1.UpdateOptions{DryRun: dryRun})
			if err != nil {
				t.Fatal(err)
			}
			if phase := textAt(got, "status.phase"); phase != "Pending" {
				t.Errorf("phase %q, want Pending", phase)
			}
		})
	}
}

// A StockLedger that names a journal names it in full.
func TestStockLedgerStatusRules(t *testing.T) {
	objects := client.Resource(ledgers).Namespace(newNamespace(t))
	made, err := objects.Create(t.Context(), newLedger(), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	names := func(identity map[string]any) change { return set("status.journal", identity) }
	for name, c := range map[string]ruleCase{
		"a journal":     {change: names(map[string]any{"uid": "u", "namespace": "n"})},
		"no uid":        {names(map[string]any{"namespace": "n"}), refuse("status.journal.uid", "Required value")},
		"no namespace":  {names(map[string]any{"uid": "u"}), refuse("status.journal.namespace", "Required value")},
		"since no time": {set("status.rememberedSince", "today"), refuse("status.rememberedSince", "must be of type date-time")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := objects.UpdateStatus(t.Context(), changed(made, c.change), metav1.UpdateOptions{DryRun: dryRun})
			checkAnswer(t, err, c.refused)
		})
	}
}

func TestStockLedgerName(t *testing.T) {
	const message = "a namespace has one StockLedger and it is named default"
	name := func(name string) change { return func(o *object) { o.SetName(name) } }
	checkCreates(t, ledgers, newLedger(), map[string]ruleCase{
		"default":   {change: all()},
		"Default":   {name("defaults"), refuse("<nil>", message)},
		"other":     {name("main"), refuse("<nil>", message)},
		"generated": {func(o *object) { o.SetName(""); o.SetGenerateName("default") }, refuse("<nil>", message)},
	})
}
