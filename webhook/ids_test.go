package webhook

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// Ids that the published schemas forbid are refused, with the field named, in every message
// and by either protocol, unless the operator takes any.
func TestStrictIDs(t *testing.T) {
	const uuid = "4465ca67-98d0-4514-baf8-1f97a0af0c27"
	cart := func(cartID, productID string) string {
		return `{"cartId":"` + cartID + `","items":[{"productId":"` + productID + `","quantity":1}]}`
	}
	part := `{"items":[{"productId":"mug","quantity":1}]}`
	plain := map[string]struct{ method, path, body, field string }{
		"cart":             {http.MethodPost, "/reservations", cart("cart-17", uuid), "cartId"},
		"product":          {http.MethodPost, "/reservations", cart(uuid, "mug"), "items[0].productId"},
		"part to consume":  {http.MethodPost, "/reservations/r/consume", part, "items[0].productId"},
		"part to release":  {http.MethodPost, "/reservations/r/release", part, "items[0].productId"},
		"product of stock": {http.MethodGet, "/stock/mug", "", "productId"},
	}
	of := `{"reservationId":"r",` + part[1:]
	byEvent := map[string]struct{ eventType, data, field string }{
		"cart":             {events.TypeReserve, cart("cart-17", uuid), "cartId"},
		"product":          {events.TypeReserve, cart(uuid, "mug"), "items[0].productId"},
		"part to consume":  {events.TypeConsume, of, "items[0].productId"},
		"part to release":  {events.TypeRelease, of, "items[0].productId"},
		"product of stock": {events.TypeStockLevelGet, `{"productId":"mug"}`, "productId"},
	}
	for _, ids := range []v1.IDs{"", v1.UUIDs, v1.AnyIDs} {
		options := offline(t)
		options.IDs = ids
		bridge := newBridge(t, options)
		check := func(name, field string, got answer) {
			t.Helper()
			if ids == v1.AnyIDs {
				if got.status == http.StatusBadRequest {
					t.Errorf("%s among any ids: %d %s", name, got.status, got.body)
				}
				return
			}
			if p := got.wantProblem(http.StatusBadRequest, invalid); p.Field != field {
				t.Errorf("%s: field %q, %q", name, p.Field, p.Detail)
			}
		}
		for name, tc := range plain {
			check(name, tc.field, ask(t, bridge, request(t, tc.method, tc.path, tc.body)))
		}
		for name, tc := range byEvent {
			check(name, tc.field, ask(t, bridge, eventRequest(t, modeStructured, "/", commandEvent(tc.eventType, name, tc.data))))
		}
	}
}

// Where any ids are taken they come back as they were sent, in a path, in a header and in data.
func TestAnyIDs(t *testing.T) {
	const product = "café 商品"
	s := newStore(t, shelf{product: product, location: "north", units: 5})
	bridge := newBridge(t, s.options())
	var level events.StockLevel
	ask(t, bridge, request(t, http.MethodGet, "/stock/"+url.PathEscape(product), "")).wantStatus(http.StatusOK).into(&level)
	if level.ProductID != product || level.Available != 5 {
		t.Errorf("%+v", level)
	}
	for _, mode := range []string{modeBinary, modeStructured} {
		query := commandEvent(events.TypeStockLevelGet, "q-"+mode, `{"productId":"`+product+`"}`)
		answer := ask(t, bridge, eventRequest(t, mode, "/", query))
		subject := answer.event().Subject()
		if mode == modeBinary {
			if want := "caf%C3%A9%20%E5%95%86%E5%93%81"; subject != want {
				t.Errorf("its header is %q, want %q", subject, want)
			}
			subject = decodeHeader(subject) // which the SDK does not
		}
		if subject != product {
			t.Errorf("%s: it is about %q", mode, subject)
		}
		command := commandEvent(events.TypeReserve, "c-"+mode, `{"cartId":"Größe 5","items":[{"productId":"`+product+`","quantity":1}]}`)
		var told events.InventoryReserved
		if err := ask(t, bridge, eventRequest(t, mode, "/", command)).event().DataAs(&told); err != nil || told.CartID != "Größe 5" || told.Items[0].ProductID != product {
			t.Errorf("%s: %+v, %v", mode, told, err)
		}
	}
}
