package api

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What "kubectl get" shows, as the API server lays it out for kubectl.
func TestColumns(t *testing.T) {
	condition := func(kind, status string) map[string]any {
		return map[string]any{"type": kind, "status": status, "reason": "Tested", "message": "", "lastTransitionTime": "2026-01-02T03:04:05Z"}
	}
	tests := map[string]struct {
		base    *object
		status  change
		columns []string
		wide    []string
		cells   []any // without the name before and the age after
	}{
		"StockItem": {
			base: newStockItem(set("spec.locationID", "amsterdam-1")),
			status: set("status", map[string]any{"onHand": int64(10), "reserved": int64(3), "available": int64(7),
				"consumed": int64(0), "shortfall": int64(2), "refused": int64(4), "conditions": []any{condition("InStock", "True"), condition("Ready", "False")}}),
			columns: []string{"Name", "Product", "Location", "On Hand", "Reserved", "Available", "In Stock", "Ready", "Age"},
			wide:    []string{"Shortfall", "Tracking", "Refused"},
			cells:   []any{"mug", "amsterdam-1", int64(10), int64(3), int64(7), int64(2), "Counted", int64(4), "True", "False"},
		},
		"Reservation": {
			base: newReservation(set("spec.orderID", "order-1")),
			status: set("status", map[string]any{"phase": "Released", "units": int64(2), "reason": "EXPIRED",
				"expiresAt": "2999-01-02T03:04:05Z"}),
			columns: []string{"Name", "Phase", "Cart", "Order", "Units", "Expires", "Reason", "Age"},
			cells:   []any{"Released", "cart-1", "order-1", int64(2), "2999-01-02T03:04:05Z", "EXPIRED"},
		},
		"Reservation just made": {
			base:    newReservation(),
			columns: []string{"Name", "Phase", "Cart", "Order", "Units", "Expires", "Reason", "Age"},
			cells:   []any{"Pending", "cart-1", nil, nil, nil, nil},
		},
		"StockLedger": {
			base: newLedger(),
			status: set("status", map[string]any{"leader": "operator-1", "position": "0a1b2c3d.7.12", "rememberedSince": "2026-01-02T03:04:05Z",
				"totals": map[string]any{"items": int64(12), "onHand": int64(900), "reserved": int64(30), "available": int64(850), "consumed": int64(70),
					"withoutItem": int64(5), "open": int64(9), "unshown": int64(3), "remembered": int64(400), "undelivered": int64(2)},
				"conditions": []any{condition("Ready", "True"), condition("Consistent", "False")}}),
			columns: []string{"Name", "Leader", "Position", "Ready", "Items", "On Hand", "Reserved", "Consumed", "Open", "Unshown", "Undelivered", "Remembers Since", "Consistent"},
			wide:    []string{"No Item", "Readers", "Age"},
			cells: []any{"operator-1", "0a1b2c3d.7.12", "True", int64(12), int64(900), int64(30), int64(70), int64(9), int64(3), int64(2),
				"2026-01-02T03:04:05Z", "False", int64(5), nil},
		},
		"StockLedger just made": {
			base:    newLedger(),
			columns: []string{"Name", "Leader", "Position", "Ready", "Items", "On Hand", "Reserved", "Consumed", "Open", "Unshown", "Undelivered", "Remembers Since", "Consistent"},
			wide:    []string{"No Item", "Readers", "Age"},
			cells:   []any{nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil},
		},
		"JournalPage": {
			base: newPage(set("page", int64(7)), set("first", int64(120)), set("records", int64(35)), set("bytes", int64(8192)),
				set("leader", "operator-1"), set("token", "operator-1/9")),
			columns: []string{"Name", "Page", "First", "Records", "Bytes", "Written", "Leader"},
			wide:    []string{"Emptied", "Age"},
			cells:   []any{int64(7), int64(120), int64(35), int64(8192), "2026-01-02T03:04:05.000006Z", "operator-1", false},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			namespace := newNamespace(t)
			objects := client.Resource(resourceOf(tt.base)).Namespace(namespace)
			made, err := objects.Create(t.Context(), tt.base, metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if tt.status != nil {
				if _, err := objects.UpdateStatus(t.Context(), changed(made, tt.status), metav1.UpdateOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			table := getTable(t, namespace, resourceOf(tt.base).Resource)
			var columns, wide []string
			for _, c := range table.ColumnDefinitions {
				if c.Priority == 0 {
					columns = append(columns, c.Name)
				} else {
					wide = append(wide, c.Name)
				}
			}
			if diff := cmp.Diff([][]string{tt.columns, tt.wide}, [][]string{columns, wide}, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
			if len(table.Rows) != 1 {
				t.Fatalf("%d rows, want 1", len(table.Rows))
			}
			cells := table.Rows[0].Cells
			if diff := cmp.Diff(tt.cells, cells[1:len(cells)-1]); diff != "" {
				t.Errorf("cells (-want +got):\n%s", diff)
			}
		})
	}
}

// getTable asks for a list the way kubectl does.
func getTable(t *testing.T, namespace, resource string) metav1.Table {
	t.Helper()
	body, err := core.RESTClient().Get().
		AbsPath("/apis/inventory.acme.com/v1/namespaces", namespace, resource).
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").
		DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var table metav1.Table
	if err := json.Unmarshal(body, &table); err != nil {
		t.Fatal(err)
	}
	for _, row := range table.Rows {
		for i, cell := range row.Cells {
			if number, ok := cell.(float64); ok {
				row.Cells[i] = int64(number)
			}
		}
	}
	return table
}
