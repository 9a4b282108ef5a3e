package api

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// Tools that wait for applied objects (Flux, kpt, Argo CD) read a StockItem's
// status by the conventions of kstatus.
func TestKstatusOfStockItems(t *testing.T) {
	objects := client.Resource(stockItems).Namespace(newNamespace(t))
	tests := map[string]struct {
		generation int64 // observed, of 1
		ready      string
		want       status.Status
	}{
		"serving":               {1, "True", status.CurrentStatus},
		"a duplicate":           {1, "False", status.InProgressStatus},
		"spec not yet observed": {0, "True", status.InProgressStatus},
		"older spec observed":   {-1, "True", status.InProgressStatus},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			made, err := objects.Create(t.Context(), newStockItem(), metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			conditions := []any{
				map[string]any{"type": "Ready", "status": tt.ready, "reason": "Tested", "message": "", "lastTransitionTime": "2026-01-02T03:04:05Z"},
				map[string]any{"type": "InStock", "status": "False", "reason": "SoldOut", "message": "", "lastTransitionTime": "2026-01-02T03:04:05Z"},
				map[string]any{"type": "Oversold", "status": "True", "reason": "ReceivedLowered", "message": "", "lastTransitionTime": "2026-01-02T03:04:05Z"},
			}
			told, err := objects.UpdateStatus(t.Context(), changed(made, set("status", map[string]any{
				"onHand": int64(0), "reserved": int64(0), "available": int64(0), "consumed": int64(0),
				"observedGeneration": tt.generation, "conditions": conditions})), metav1.UpdateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := status.Compute(told)
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != tt.want {
				t.Errorf("%s (%s), want %s", got.Status, got.Message, tt.want)
			}
		})
	}
}

// What no operator has seen yet is in progress; what was refused has failed, and what has
// ended well, or will, is current.
func TestKstatusByPhase(t *testing.T) {
	namespace := newNamespace(t)
	condition := func(kind, status string) any {
		return map[string]any{"type": kind, "status": status, "reason": "Tested", "message": "", "lastTransitionTime": "2026-01-02T03:04:05Z"}
	}
	shown := func(fields map[string]any, conditions ...any) change {
		fields["observedGeneration"], fields["conditions"] = int64(1), conditions
		return set("status", fields)
	}
	for name, tt := range map[string]struct {
		base *object
		told change // nil: nobody has seen it
		want status.Status
	}{
		"a fresh item":        {newStockItem(), nil, status.InProgressStatus},
		"a fresh reservation": {newReservation(), nil, status.InProgressStatus},
		"a fresh ledger":      {newLedger(), nil, status.InProgressStatus},
		"a reserved cart":     {newReservation(), shown(map[string]any{"phase": "Reserved"}, condition("Decided", "True"), condition("Reserved", "True")), status.CurrentStatus},
		"a released cart":     {newReservation(), shown(map[string]any{"phase": "Released"}, condition("Decided", "True"), condition("Complete", "True")), status.CurrentStatus},
		"a consumed cart":     {newReservation(), shown(map[string]any{"phase": "Consumed"}, condition("Decided", "True"), condition("Complete", "True")), status.CurrentStatus},
		"a refused cart":      {newReservation(), shown(map[string]any{"phase": "Unavailable"}, condition("Decided", "True"), condition("Stalled", "True")), status.FailedStatus},
		"a duplicate item":    {newStockItem(), shown(map[string]any{"onHand": int64(0), "reserved": int64(0), "available": int64(0), "consumed": int64(0)}, condition("Ready", "False"), condition("Stalled", "True")), status.FailedStatus},
	} {
		t.Run(name, func(t *testing.T) {
			objects := client.Resource(resourceOf(tt.base)).Namespace(namespace)
			stored, err := objects.Create(t.Context(), tt.base, metav1.CreateOptions{})
			if err == nil && tt.told != nil {
				stored, err = objects.UpdateStatus(t.Context(), changed(stored, tt.told), metav1.UpdateOptions{})
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := status.Compute(stored)
			if err != nil || got.Status != tt.want {
				t.Errorf("%+v, %v, want %s", got, err, tt.want)
			}
		})
	}
}
