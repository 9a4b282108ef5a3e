package api

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	v1 "github.com/acme/inventory-service/api/v1"
)

// One stored object that the Go types cannot read would stop every list and
// watch of the operator. So whatever JSON the API server takes in, however
// oddly written, must come out readable.
func TestOddJSONReadsBack(t *testing.T) {
	namespace := newNamespace(t)
	hold := func(text string) string {
		return `{"apiVersion":"inventory.acme.com/v1","kind":"Reservation","metadata":{"generateName":"odd-"},
			"spec":{"cartID":"c","items":[{"productID":"mug","quantity":1}],"holdFor":` + text + `}}`
	}
	quantity := func(text string) string {
		return `{"apiVersion":"inventory.acme.com/v1","kind":"Reservation","metadata":{"generateName":"odd-"},
			"spec":{"cartID":"c","items":[{"productID":"mug","quantity":` + text + `}]}}`
	}
	tests := map[string]struct {
		body     string
		quantity int64
		holdFor  time.Duration
	}{
		"2.0":            {quantity("2.0"), 2, 0},
		"2e0":            {quantity("2e0"), 2, 0},
		"1E9":            {quantity("1E9"), 1e9, 0},
		"999999999.0":    {quantity("999999999.0"), 999999999, 0},
		"no holdFor":     {hold(`null`), 1, 0},
		"most digits":    {hold(`"000023h000059m059.000000001s"`), 1, 23*time.Hour + 59*time.Minute + 59*time.Second + 1},
		"over an hour":   {hold(`"1h60m"`), 1, 2 * time.Hour},
		"parts of hours": {hold(`"1.5h"`), 1, 90 * time.Minute},
		"milliseconds":   {hold(`"1s500ms"`), 1, 1500 * time.Millisecond},
		"escaped":        {hold(`"\u0031m"`), 1, time.Minute},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got v1.Reservation
			if err := json.Unmarshal(post(t, namespace, reservations, tt.body), &got); err != nil {
				t.Fatalf("reading it: %v", err)
			}
			if got.Spec.Items[0].Quantity != tt.quantity {
				t.Errorf("quantity %d, want %d", got.Spec.Items[0].Quantity, tt.quantity)
			}
			var holdFor time.Duration
			if got.Spec.HoldFor != nil {
				holdFor = got.Spec.HoldFor.Duration
			}
			if holdFor != tt.holdFor {
				t.Errorf("holdFor %s, want %s", holdFor, tt.holdFor)
			}
		})
	}
	if list := readAll[v1.ReservationList](t, namespace, reservations); len(list.Items) != len(tests) {
		t.Errorf("a list shows %d Reservations, want %d", len(list.Items), len(tests))
	}
}

func TestOddStockReadsBack(t *testing.T) {
	namespace := newNamespace(t)
	post(t, namespace, stockItems, `{"apiVersion":"inventory.acme.com/v1","kind":"StockItem","metadata":{"generateName":"odd-"},
		"spec":{"productID":"mug","received":1e15,"safetyStock":1000.0,"lowStockThreshold":null,"suspended":null,"priority":-1E6}}`)
	want := []v1.StockItemSpec{{ProductID: "mug", LocationID: "default", Received: 1e15, SafetyStock: 1000, Priority: -1e6, Tracking: v1.TrackingCounted}}
	var got []v1.StockItemSpec
	for _, s := range readAll[v1.StockItemList](t, namespace, stockItems).Items {
		got = append(got, s.Spec)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// post creates an object from JSON as it stands and returns the stored one.
func post(t *testing.T, namespace string, resource schema.GroupVersionResource, body string) []byte {
	t.Helper()
	stored, err := core.RESTClient().Post().AbsPath("/apis", resource.Group, resource.Version, "namespaces", namespace, resource.Resource).
		SetHeader("Content-Type", "application/json").Body([]byte(body)).DoRaw(t.Context())
	if err != nil {
		t.Fatalf("refused: %v\n%s", err, stored)
	}
	return stored
}

// readAll reads a list into a Go type.
func readAll[List any](t *testing.T, namespace string, resource schema.GroupVersionResource) List {
	t.Helper()
	body, err := core.RESTClient().Get().AbsPath("/apis", resource.Group, resource.Version, "namespaces", namespace, resource.Resource).
		DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var list List
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatalf("reading the list: %v", err)
	}
	return list
}
