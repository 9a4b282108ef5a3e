package webhook

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// basket is a cart of units of plenty.
func basket(cart string, units int, more string) string {
	return fmt.Sprintf(`{"cartId":%q,"items":[{"productId":"plenty","quantity":%d}]%s}`, cart, units, more)
}

// A cart takes the place of its own older hold, with the units in it, if and only if it stands.
func TestReplaceOverPlainHTTP(t *testing.T) {
	s := newStore(t, shelf{"plenty", "north", 5})
	bridge := newBridge(t, s.options())
	first := s.reserveOne(t, bridge, basket("c", 3, ""), http.StatusCreated)
	replacing := `,"replaces":"` + first.Name + `"`

	refused := ask(t, bridge, request(t, http.MethodPost, "/reservations", basket("c", 6, replacing))).wantStatus(http.StatusConflict)
	if !strings.Contains(refused.body, `"available":5`) || s.get(t, first.Name).CurrentPhase() != v1.PhaseReserved {
		t.Errorf("6 of 5 units, 3 of which it has: %s", refused.body)
	}
	ask(t, bridge, request(t, http.MethodPost, "/reservations", basket("other", 1, replacing))).wantProblem(http.StatusConflict, irreplaceable)
	ask(t, bridge, request(t, http.MethodPost, "/reservations", basket("c", 1, `,"replaces":"nobody"`))).wantProblem(http.StatusConflict, irreplaceable)
	ask(t, bridge, request(t, http.MethodPost, "/reservations", basket("c", 1, `,"replaces":"No One"`))).wantProblem(http.StatusBadRequest, invalid)

	var told events.InventoryReserved
	r := request(t, http.MethodPost, "/reservations", basket("c", 5, replacing), "Idempotency-Key", "k-1")
	ask(t, bridge, r).wantStatus(http.StatusCreated).into(&told)
	if told.Replaces != first.Name || told.ExpiresAt == nil {
		t.Errorf("told %+v", told)
	}
	var old reservationView
	ask(t, bridge, request(t, http.MethodGet, "/reservations/"+first.Name, "")).wantStatus(http.StatusOK).into(&old)
	if old.Phase != v1.PhaseReleased || old.Reason != v1.ReasonReplaced || old.ReplacedBy != told.ReservationID {
		t.Errorf("the older hold is %+v", old)
	}
	again := request(t, http.MethodPost, "/reservations", basket("c", 5, replacing), "Idempotency-Key", "k-1")
	if got := ask(t, bridge, again).wantStatus(http.StatusCreated); !strings.Contains(got.body, told.ReservationID) {
		t.Errorf("repeated: %s", got.body)
	}
	ended := ask(t, bridge, request(t, http.MethodPost, "/reservations", basket("c", 1, replacing))).wantProblem(http.StatusConflict, irreplaceable)
	if !strings.Contains(ended.Detail, "has ended (Released, REPLACED by "+told.ReservationID+")") {
		t.Errorf("one that has ended: %s", ended.Detail)
	}
	if s.reserved("plenty") != 5 {
		t.Errorf("%d units are held", s.reserved("plenty"))
	}
}

// Where a cart has one hold, repeated checkouts do not pile up, but for what became an order.
func TestOneHoldPerCart(t *testing.T) {
	s := newStore(t, shelf{"plenty", "north", 5})
	options := s.options()
	options.OneHold = func(namespace string) bool { return namespace == s.namespace }
	bridge := newBridge(t, options)
	for range 3 {
		s.reserveOne(t, bridge, basket("c", 4, ""), http.StatusCreated)
	}
	last := s.reserveOne(t, bridge, basket("c", 3, ""), http.StatusCreated)
	if s.reserved("plenty") != 3 {
		t.Errorf("%d units are held", s.reserved("plenty"))
	}
	ask(t, bridge, request(t, http.MethodPatch, "/reservations/"+last.Name, `{"orderId":"o"}`)).wantStatus(http.StatusOK)
	s.reserveOne(t, bridge, basket("c", 2, ""), http.StatusCreated)
	if s.get(t, last.Name).CurrentPhase() != v1.PhaseReserved {
		t.Error("the hold of an order was replaced")
	}
}

// A hold is made longer, never shorter, nor for more than a day, nor once it has ended.
func TestExtend(t *testing.T) {
	s := newStore(t, shelf{"plenty", "north", 5})
	bridge := newBridge(t, s.options())
	r := s.reserveOne(t, bridge, basket("c", 3, `,"holdFor":"10m"`), http.StatusCreated)
	at := "/reservations/" + r.Name + "/extend"
	until := r.Status.ExpiresAt.Add(time.Hour).UTC().Format(time.RFC3339)
	var told events.ReservationExtended
	for range 2 {
		ask(t, bridge, request(t, http.MethodPost, at, `{"expiresAt":"`+until+`"}`)).wantStatus(http.StatusOK).into(&told)
		if told.ExpiresAt.UTC().Format(time.RFC3339) != until || told.Phase != v1.PhaseReserved {
			t.Errorf("told %+v", told)
		}
	}
	ask(t, bridge, request(t, http.MethodPost, at, `{"holdFor":"1s"}`)).wantProblem(http.StatusConflict, unextendable)
	for body, says := range map[string]string{
		`{"expiresAt":"2999-01-01T00:00:00Z"}`: "24 hours",
		`{}`:                                   "expiresAt",
		`{"expiresAt":"tomorrow"}`:             "RFC 3339",
		`{"expiresAt":"2030-01-01T00:00:00Z","holdFor":"1h"}`: "one of them alone",
		`{"holdfor":"1h"}`:                                             "nearest known field is holdFor",
		`{"reservationId":"another","holdFor":"1h"}`:                   "must be that of the path",
		`{"reservationId":"` + r.Name + `","holdFor":"25h"}`:           "from 1s to 24h",
		`{"reservationId":"` + r.Name + `","holdFor":"1h","items":[]}`: "is not known here",
	} {
		if got := ask(t, bridge, request(t, http.MethodPost, at, body)).wantProblem(http.StatusBadRequest, invalid); !strings.Contains(got.Detail+fmt.Sprint(got.Errors), says) {
			t.Errorf("%s: %+v", body, got)
		}
	}
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+s.reserveOne(t, bridge, basket("d", 1, ""), http.StatusCreated).Name+"/extend", `{"holdFor":"24h"}`)).wantStatus(http.StatusOK)
	event := commandEvent(events.TypeExtend, "e-1", `{"reservationId":"`+r.Name+`","holdFor":"2h"}`)
	reply := ask(t, bridge, eventRequest(t, modeBinary, "/", event)).wantStatus(http.StatusOK).event()
	if reply.Type() != events.TypeExtended || reply.Subject() != r.Name {
		t.Errorf("replied %s", reply)
	}
	// The outcome's event stays as it was.
	if first, later := mustOutcome(t, r), mustOutcome(t, s.get(t, r.Name)); first != later {
		t.Errorf("the outcome was %s and is %s", first, later)
	}
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+r.Name+"/release", "")).wantStatus(http.StatusOK)
	got := ask(t, bridge, request(t, http.MethodPost, at, `{"holdFor":"3h"}`)).wantProblem(http.StatusConflict, notReserved)
	if !strings.Contains(got.Detail, "is Released") {
		t.Errorf("after the end: %s", got.Detail)
	}
	ask(t, bridge, eventRequest(t, modeStructured, "/", event)).wantProblem(http.StatusUnprocessableEntity, notReserved)
	ask(t, bridge, request(t, http.MethodPost, "/reservations/nobody/extend", `{"holdFor":"3h"}`)).wantProblem(http.StatusNotFound, notFound)
}

func mustOutcome(t *testing.T, r *v1.Reservation) string {
	t.Helper()
	outcome, ok := events.Outcome(r)
	if !ok {
		t.Fatalf("%s has no outcome", r.Name)
	}
	return outcome.String()
}

// An order is named once, and reservations are found by it and by their cart.
func TestAttachAndFind(t *testing.T) {
	s := newStore(t, shelf{"plenty", "north", 9})
	bridge := newBridge(t, s.options())
	a := s.reserveOne(t, bridge, basket("c", 1, ""), http.StatusCreated)
	b := s.reserveOne(t, bridge, basket("c", 2, `,"orderId":"o"`), http.StatusCreated)
	s.reserveOne(t, bridge, basket("c", 99, ""), http.StatusConflict)
	names := func(query string) (names []string) {
		var found found
		ask(t, bridge, request(t, http.MethodGet, "/reservations?"+query, "")).wantStatus(http.StatusOK).into(&found)
		for _, r := range found.Reservations {
			names = append(names, r.ReservationID)
		}
		return names
	}
	if got := names("orderId=o"); !cmp.Equal(got, []string{b.Name}) {
		t.Errorf("found %v", got)
	}
	for range 2 {
		var view reservationView
		ask(t, bridge, request(t, http.MethodPatch, "/reservations/"+a.Name, `{"orderId":"o"}`)).wantStatus(http.StatusOK).into(&view)
		if view.OrderID != "o" {
			t.Errorf("told %+v", view)
		}
	}
	ask(t, bridge, request(t, http.MethodPatch, "/reservations/"+a.Name, `{"orderId":"p"}`)).wantProblem(http.StatusConflict, orderNamed)
	ask(t, bridge, request(t, http.MethodPatch, "/reservations/"+a.Name, `{"cartId":"p"}`)).wantProblem(http.StatusBadRequest, invalid)
	if got := names("orderId=o"); !cmp.Equal(got, []string{a.Name, b.Name}) {
		t.Errorf("found %v", got)
	}
	if got := names("cartId=c"); len(got) != 3 {
		t.Errorf("found %v", got)
	}
	if got := names("cartId=c&orderId=o"); len(got) != 2 {
		t.Errorf("found %v", got)
	}
	if got := names("cartId=nobody"); len(got) != 0 {
		t.Errorf("found %v", got)
	}
	for _, query := range []string{"", "orderid=o", "orderId=o&orderId=p", "cartId=" + strings.Repeat("x", 129)} {
		ask(t, bridge, request(t, http.MethodGet, "/reservations?"+query, "")).wantProblem(http.StatusBadRequest, invalid)
	}
	event := commandEvent(events.TypeFind, "f-1", `{"orderId":"o"}`)
	if reply := ask(t, bridge, eventRequest(t, modeStructured, "/", event)).wantStatus(http.StatusOK).event(); reply.Type() != events.TypeFound || !strings.Contains(string(reply.Data()), a.Name) {
		t.Errorf("replied %s", reply)
	}
	attach := commandEvent(events.TypeAttachOrder, "a-1", `{"reservationId":"`+a.Name+`","orderId":"o"}`)
	if reply := ask(t, bridge, eventRequest(t, modeBinary, "/", attach)).wantStatus(http.StatusOK).event(); reply.Type() != events.TypeOrderAttached {
		t.Errorf("replied %s", reply)
	}
}

// All reservations of an order are released, or consumed, and each is told of.
func TestByOrder(t *testing.T) {
	s := newStore(t, shelf{"plenty", "north", 20})
	bridge := newBridge(t, s.options())
	of := func(order string) []*v1.Reservation {
		var all []*v1.Reservation
		for range 2 {
			all = append(all, s.reserveOne(t, bridge, basket("c", 2, `,"orderId":"`+order+`"`), http.StatusCreated))
		}
		s.reserveOne(t, bridge, basket("c", 99, `,"orderId":"`+order+`"`), http.StatusConflict)
		return all
	}
	held := of("o-1")
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+held[0].Name+"/consume", "")).wantStatus(http.StatusOK)
	var told events.OrderSettled
	for range 2 {
		ask(t, bridge, request(t, http.MethodPost, "/orders/o-1/release", `{"reason":"ORDER_CANCELLED"}`)).wantStatus(http.StatusOK).into(&told)
		if len(told.Reservations) != 2 || told.Reservations[0].Phase != v1.PhaseConsumed || told.Reservations[0].Problem == "" ||
			told.Reservations[1].Phase != v1.PhaseReleased || told.Reservations[1].Problem != "" {
			t.Errorf("told %+v", told)
		}
	}
	shipped := of("o-2")
	event := commandEvent(events.TypeConsume, "c-1", `{"orderId":"o-2"}`)
	for _, mode := range []string{modeBinary, modeStructured} {
		if reply := ask(t, bridge, eventRequest(t, mode, "/", event)).wantStatus(http.StatusOK).event(); reply.Type() != events.TypeOrderConsumed || reply.Subject() != "o-2" {
			t.Errorf("replied %s", reply)
		}
	}
	if s.get(t, shipped[1].Name).CurrentPhase() != v1.PhaseConsumed {
		t.Error("the second reservation is not consumed")
	}
	release := commandEvent(events.TypeRelease, "r-1", `{"orderId":"o-2"}`)
	ask(t, bridge, eventRequest(t, modeBinary, "/", release)).wantProblem(http.StatusUnprocessableEntity, consumed)
	ask(t, bridge, request(t, http.MethodPost, "/orders/nobody/release", "")).wantProblem(http.StatusNotFound, notFound)
	for _, body := range []string{`{"items":[{"productId":"plenty","quantity":1}]}`, `{"orderId":"o-1"}`} {
		ask(t, bridge, request(t, http.MethodPost, "/orders/o-1/consume", body)).wantProblem(http.StatusBadRequest, invalid)
	}
	for _, data := range []string{`{"orderId":"o-1","items":[{"productId":"plenty","quantity":1}]}`, `{"orderId":"o-1","reservationId":"r"}`, `{}`} {
		ask(t, bridge, eventRequest(t, modeBinary, "/", commandEvent(events.TypeConsume, "x", data))).wantProblem(http.StatusBadRequest, invalid)
	}
}

// Units are shipped from another place than they are held at, where it has them for sale.
func TestShipFromElsewhere(t *testing.T) {
	s := newStore(t, shelf{"plenty", "north", 5}, shelf{"plenty", "south", 1})
	bridge := newBridge(t, s.options())
	r := s.reserveOne(t, bridge, basket("c", 3, ""), http.StatusCreated)
	at := "/reservations/" + r.Name + "/consume"
	ships := func(units int, location string) string {
		return fmt.Sprintf(`{"items":[{"productId":"plenty","locationId":%q,"quantity":%d}]}`, location, units)
	}
	got := ask(t, bridge, request(t, http.MethodPost, at, ships(2, "south"))).wantProblem(http.StatusConflict, elsewhere)
	if !strings.Contains(fmt.Sprint(got.Errors), `2 at "north", 1 at "south"`) {
		t.Errorf("what is where: %+v", got.Errors)
	}
	ask(t, bridge, request(t, http.MethodPost, at, ships(4, "south"))).wantProblem(http.StatusConflict, elsewhere)
	ask(t, bridge, request(t, http.MethodPost, at, ships(9, "north"))).wantProblem(http.StatusBadRequest, tooMany)
	for range 2 {
		ask(t, bridge, request(t, http.MethodPost, at, ships(1, "south"))).wantStatus(http.StatusOK)
	}
	var view reservationView
	ask(t, bridge, request(t, http.MethodGet, "/reservations/"+r.Name, "")).wantStatus(http.StatusOK).into(&view)
	want := []allocationView{{LocationID: "north", ProductID: "plenty", Quantity: 2}, {LocationID: "south", ProductID: "plenty", Quantity: 1, Consumed: 1}}
	if diff := cmp.Diff(want, view.Allocations); diff != "" {
		t.Error(diff)
	}
	var level events.StockLevel
	ask(t, bridge, request(t, http.MethodGet, "/stock/plenty?locations=true", "")).wantStatus(http.StatusOK).into(&level)
	wantLevel := events.StockLevel{ProductID: "plenty", Available: 3, Reserved: 2, Locations: []events.LocationLevel{
		{LocationID: "north", OnHand: 5, Available: 3, Reserved: 2}, {LocationID: "south"},
	}}
	if diff := cmp.Diff(wantLevel, level); diff != "" {
		t.Error(diff)
	}
}

// Lines of several places share what is held: together they are never more than that.
func TestShipFromSeveralPlaces(t *testing.T) {
	s := newStore(t, shelf{"plenty", "north", 8}, shelf{"plenty", "south", 5}, shelf{"plenty", "west", 5})
	bridge := newBridge(t, s.options())
	r := s.reserveOne(t, bridge, basket("c", 8, ""), http.StatusCreated)
	ships := func(north, south, west int) answer {
		line := func(location string, units int) string {
			return fmt.Sprintf(`{"productId":"plenty","locationId":%q,"quantity":%d}`, location, units)
		}
		lines := []string{line("north", north), line("south", south)}
		if west > 0 {
			lines = append(lines, line("west", west))
		}
		return ask(t, bridge, request(t, http.MethodPost, "/reservations/"+r.Name+"/consume", `{"items":[`+strings.Join(lines, ",")+`]}`))
	}
	says := func(got problem, field, detail string) {
		t.Helper()
		if got.Field != field || !strings.Contains(got.Detail, detail) {
			t.Errorf("told %+v, want %s: %s", got, field, detail)
		}
	}
	says(ships(7, 2, 0).wantProblem(http.StatusBadRequest, tooMany), "items[1].quantity", "together with the lines before it is more than the 8 units")
	ships(1, 1, 2).wantStatus(http.StatusOK)
	// Without the line of the west, whose two units are gone.
	says(ships(5, 2, 0).wantProblem(http.StatusBadRequest, tooMany), "items[1].quantity", "more than the 6 units")
	ships(4, 2, 0).wantStatus(http.StatusOK)
}

// A hold of which something was shipped, and that has ended, ships nothing more from anywhere:
// the answer names its end, and that it was more than it ever had is another matter.
func TestShipFromElsewhereTooLate(t *testing.T) {
	s := newStore(t, shelf{"plenty", "north", 5}, shelf{"plenty", "south", 4})
	bridge := newBridge(t, s.options())
	ships := func(r *v1.Reservation, location string, units int) answer {
		body := fmt.Sprintf(`{"items":[{"productId":"plenty","locationId":%q,"quantity":%d}]}`, location, units)
		return ask(t, bridge, request(t, http.MethodPost, "/reservations/"+r.Name+"/consume", body))
	}
	released := s.reserveOne(t, bridge, basket("c", 3, ""), http.StatusCreated)
	ships(released, "south", 1).wantStatus(http.StatusOK)
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+released.Name+"/release", `{"reason":"ORDER_CANCELLED"}`)).wantStatus(http.StatusOK)
	replaced := s.reserveOne(t, bridge, basket("c", 2, ""), http.StatusCreated)
	ships(replaced, "north", 1).wantStatus(http.StatusOK)
	by := s.reserveOne(t, bridge, basket("c", 1, `,"replaces":"`+replaced.Name+`"`), http.StatusCreated)
	shipped := s.reserveOne(t, bridge, basket("d", 2, ""), http.StatusCreated)
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+shipped.Name+"/consume", "")).wantStatus(http.StatusOK)
	for _, test := range []struct {
		r    *v1.Reservation
		says string
	}{{released, "Consumed (ORDER_CANCELLED)"}, {replaced, "Consumed (REPLACED by " + by.Name + ")"}, {shipped, "Consumed (Consumed)"}} {
		if got := ships(test.r, "south", 2).wantProblem(http.StatusConflict, notReserved); !strings.Contains(got.Detail, test.says) {
			t.Errorf("told %q, want %q", got.Detail, test.says)
		}
		ships(test.r, "south", 4).wantProblem(http.StatusBadRequest, tooMany)
	}
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+by.Name+"/release", "")).wantStatus(http.StatusOK)
	if got := ships(by, "south", 1).wantProblem(http.StatusConflict, notReserved); !strings.Contains(got.Detail, "Released (Released)") {
		t.Errorf("told %q", got.Detail)
	}
}

// Whether a cart would fit is told without holding anything, as are several products at once.
func TestAskFirst(t *testing.T) {
	s := newStore(t, shelf{"plenty", "north", 3}, shelf{"plenty", "south", 2})
	bridge := newBridge(t, s.options())
	r := s.reserveOne(t, bridge, basket("c", 2, ""), http.StatusCreated)
	position := s.position()
	for body, want := range map[string]events.CartChecked{
		basket("c", 3, ""):                         {CartID: "c", Fits: true, Allocations: []events.PlannedItem{planned("north", 1), planned("south", 2)}},
		basket("c", 4, ""):                         {CartID: "c", UnavailableItems: []events.UnavailableItem{{ProductID: "plenty", Requested: 4, Available: 3}}},
		basket("c", 5, `,"replaces":"`+r.Name+`"`): {CartID: "c", Fits: true, Allocations: []events.PlannedItem{planned("north", 3), planned("south", 2)}},
		`{"cartId":"c","items":[{"productId":"none","quantity":1}]}`: {CartID: "c", UnavailableItems: []events.UnavailableItem{{ProductID: "none", Requested: 1}}},
	} {
		var got events.CartChecked
		ask(t, bridge, request(t, http.MethodPost, "/reservations?dryRun=All", body)).wantStatus(http.StatusOK).into(&got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
		reply := ask(t, bridge, eventRequest(t, modeStructured, "/", commandEvent(events.TypeCheck, "q", body))).wantStatus(http.StatusOK).event()
		if err := reply.DataAs(&got); err != nil || !cmp.Equal(want, got) || reply.Type() != events.TypeChecked {
			t.Errorf("%s: %s, %v", body, reply, err)
		}
	}
	ask(t, bridge, request(t, http.MethodPost, "/reservations?dryRun=true", basket("c", 3, ""))).wantProblem(http.StatusBadRequest, invalid)
	ask(t, bridge, request(t, http.MethodPost, "/reservations?dryRun=All", `{"cartId":"c"}`)).wantProblem(http.StatusBadRequest, invalid)
	for _, target := range []string{
		"/reservations?dryrun=All", "/reservations?dry_run=All", "/reservations/" + r.Name + "/release?dryRun=All", "/orders/o/consume?dryRun=All",
	} {
		if got := ask(t, bridge, request(t, http.MethodPost, target, basket("c", 1, ""))).wantProblem(http.StatusBadRequest, invalid); !strings.Contains(got.Detail, "nothing was done") {
			t.Errorf("%s: %s", target, got.Detail)
		}
	}
	ask(t, bridge, eventRequest(t, modeBinary, "/?dryRun=All", commandEvent(events.TypeReserve, "r", basket("c", 1, "")))).wantProblem(http.StatusBadRequest, invalid)
	if s.position() != position {
		t.Error("a question was written down")
	}
	var levels events.StockLevels
	ask(t, bridge, request(t, http.MethodGet, "/stock?productId=plenty&productId=unheard", "")).wantStatus(http.StatusOK).into(&levels)
	want := events.StockLevels{Items: []events.StockLevel{{ProductID: "plenty", Available: 3, Reserved: 2}}, Unknown: []string{"unheard"}}
	if diff := cmp.Diff(want, levels); diff != "" {
		t.Error(diff)
	}
	query := commandEvent(events.TypeStockLevelGet, "q-2", `{"productIds":["plenty","unheard"],"locations":true}`)
	if reply := ask(t, bridge, eventRequest(t, modeBinary, "/", query)).wantStatus(http.StatusOK).event(); reply.Type() != events.TypeStockLevels || !strings.Contains(string(reply.Data()), `"locationId":"south"`) {
		t.Errorf("replied %s", reply)
	}
	for _, query := range []string{"", "productid=plenty", "productId=plenty&locations=yes", "productId="} {
		ask(t, bridge, request(t, http.MethodGet, "/stock?"+query, "")).wantProblem(http.StatusBadRequest, invalid)
	}
}

// Of what nobody counts there is always enough.
func TestUntracked(t *testing.T) {
	s := newStore(t, shelf{"plenty", "north", 0})
	bridge := newBridge(t, s.options())
	s.ask(t, stock.PutItem{Item: stock.Item{UID: "u", Name: "u", Product: "song", Location: "north", Generation: 1, Version: 1 << 40, Untracked: true}, Read: 1 << 40})
	r := s.reserveOne(t, bridge, `{"cartId":"c","items":[{"productId":"song","quantity":1000000000}]}`, http.StatusCreated)
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+r.Name+"/consume", "")).wantStatus(http.StatusOK)
	var level events.StockLevel
	ask(t, bridge, request(t, http.MethodGet, "/stock/song", "")).wantStatus(http.StatusOK).into(&level)
	if level.Available != 1_000_000_000 || level.Reserved != 0 {
		t.Errorf("told %+v", level)
	}
}

func planned(location string, quantity int64) events.PlannedItem {
	return events.PlannedItem{ProductID: "plenty", LocationID: location, Quantity: quantity}
}
