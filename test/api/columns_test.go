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
	inStock := map[string]any{"type": "InStock", "status": "True", "reason": "UnitsAvailable",
		"message": "7 units are available", "lastTransitionTime": "2026-01-02T03:04:05Z"}
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
				"consumed": int64(0), "conditions": []any{inStock}}),
			columns: []string{"Name", "Product", "Location", "On Hand", "Reserved", "Available", "In Stock", "Age"},
			cells:   []any{"mug", "amsterdam-1", int64(10), int64(3), int64(7), "True"},
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
			status: set("status", map[string]any{"holder": "operator-1", "epoch": int64(4), "totals": map[string]any{
				"items": int64(12), "onHand": int64(900), "reserved": int64(30), "available": int64(850), "inFlight": int64(2), "backlog": int64(1),
				"consumed": int64(70), "withoutItem": int64(5)}, "conditions": []any{map[string]any{"type": "Consistent", "status": "True",
				"reason": "FiguresAgree", "message": "all agree", "lastTransitionTime": "2026-01-02T03:04:05Z"}}}),
			columns: []string{"Name", "Leader", "Epoch", "Items", "On Hand", "Reserved", "In Flight", "Backlog", "Consumed", "No Item", "Consistent"},
			wide:    []string{"Age"},
			cells:   []any{"operator-1", int64(4), int64(12), int64(900), int64(30), int64(2), int64(1), int64(70), int64(5), "True"},
		},
		"StockTally": {
			base: newTally(),
			status: set("status", map[string]any{"lastFold": int64(9), "keys": int64(1), "consumed": int64(4), "entries": []any{
				map[string]any{"productID": "mug", "locationID": "amsterdam-1", "quantity": int64(4)}}}),
			columns: []string{"Name", "Keys", "Consumed", "Last Fold", "Age"},
			cells:   []any{int64(1), int64(4), int64(9)},
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
