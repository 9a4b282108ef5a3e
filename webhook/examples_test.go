package webhook

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/contract"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

var update = flag.Bool("update", false, "write the examples of the contract anew")

const examplesFolder = "../internal/contract/examples"

// What the examples are about.
const (
	exampleMug    = "4465ca67-98d0-4514-baf8-1f97a0af0c27"
	exampleTeapot = "076241f2-cfde-40bf-b4a0-de6d8b0a97e5"
	exampleCart   = "5f0c7a52-3b0e-4a57-9d3c-6f0f3f1d8a11"
	exampleOrder  = "c56a4180-65aa-42ec-a945-5fd21dec0538"
)

func exampleCartOf(quantity string, more ...string) string {
	return `{"cartId":"` + exampleCart + `","items":[{"productId":"` + exampleMug + `","quantity":` + quantity + `}]` + strings.Join(more, "") + `}`
}

// newExamples are the options of a bridge with 120 mugs in Amsterdam, 80 in Rotterdam, and 12 teapots.
func newExamples(t *testing.T) Options {
	t.Helper()
	uuid.SetRand(rand.NewChaCha8([32]byte{}))
	t.Cleanup(func() { uuid.SetRand(nil) })
	m := newMemory(t, fixedNow)
	for _, item := range []stock.Item{
		fixture.Item("blue-mug-amsterdam", fixture.Stocks(exampleMug, "amsterdam-1", 120)),
		fixture.Item("blue-mug-rotterdam", fixture.Stocks(exampleMug, "rotterdam-2", 80)),
		fixture.Item("teapot-rotterdam", fixture.Stocks(exampleTeapot, "rotterdam-2", 12)),
	} {
		if answer, err := m.Ask(t.Context(), stock.PutItem{Item: item}); err != nil || answer.Verdict != stock.Done {
			t.Fatal(fixture.Words(answer), err)
		}
	}
	o := over(t, everywhere{Journal: m})
	o.IDs = v1.UUIDs
	return o
}

// exchanges are what is asked of the bridge over plain HTTP, in this order. What a request takes
// from an answer before stands in it as <name>.
func exampleRequests() []contract.Exchange {
	post := func(name, route, path, body string, headers ...string) contract.Exchange {
		e := contract.Exchange{Name: name, Route: route, Method: http.MethodPost, Path: path, Body: json.RawMessage(body), Headers: map[string]string{}}
		for i := 0; i < len(headers); i += 2 {
			e.Headers[headers[i]] = headers[i+1]
		}
		return e
	}
	get := func(name, route, path string) contract.Exchange {
		return contract.Exchange{Name: name, Route: route, Method: http.MethodGet, Path: path}
	}
	const held = "/reservations/<reserved>"
	return []contract.Exchange{
		post("fits", contract.RouteReserve, "/reservations?dryRun=All", exampleCartOf("2")),
		post("reserved", contract.RouteReserve, "/reservations", exampleCartOf("5"), "Idempotency-Key", "checkout-1"),
		post("id-reused", contract.RouteReserve, "/reservations", exampleCartOf("6"), "Idempotency-Key", "checkout-1"),
		post("landed", contract.RouteReserve, "/reservations", exampleCartOf("1"), "Idempotency-Key", "checkout-2", "Prefer", "respond-async"),
		post("unavailable", contract.RouteReserve, "/reservations", exampleCartOf("500"), "Idempotency-Key", "checkout-3"),
		post("misspelt", contract.RouteReserve, "/reservations", `{"cart_id":"`+exampleCart+`"}`, "Idempotency-Key", "checkout-4"),
		post("nothing-to-replace", contract.RouteReserve, "/reservations", exampleCartOf("1", `,"replaces":"`+exampleOrder+`"`), "Idempotency-Key", "checkout-5"),
		get("reservation", contract.RouteReservation, held),
		get("no-such-reservation", contract.RouteReservation, "/reservations/"+exampleOrder),
		{Name: "ordered", Route: contract.RouteAttach, Method: http.MethodPatch, Path: held, Body: json.RawMessage(`{"orderId":"` + exampleOrder + `"}`)},
		{Name: "another-order", Route: contract.RouteAttach, Method: http.MethodPatch, Path: held, Body: json.RawMessage(`{"orderId":"` + exampleCart + `"}`)},
		get("of-an-order", contract.RouteFind, "/reservations?orderId="+exampleOrder),
		post("extended", contract.RouteExtend, held+"/extend", `{"expiresAt":"2030-01-02T04:00:00Z"}`),
		post("not-later", contract.RouteExtend, held+"/extend", `{"expiresAt":"2030-01-02T03:30:00Z"}`),
		post("partly-shipped", contract.RouteConsume, held+"/consume", `{"items":[{"productId":"`+exampleMug+`","quantity":2}]}`),
		post("too-many-units", contract.RouteConsume, held+"/consume", `{"items":[{"productId":"`+exampleMug+`","quantity":9}]}`),
		post("partly-released", contract.RouteRelease, held+"/release", `{"items":[{"productId":"`+exampleMug+`","quantity":1}]}`),
		post("order-shipped", contract.RouteConsumeOrder, "/orders/"+exampleOrder+"/consume", `{}`),
		post("shipped-already", contract.RouteRelease, held+"/release", `{"reason":"CHECKOUT_FAILED"}`),
		post("order-released-too-late", contract.RouteReleaseOrder, "/orders/"+exampleOrder+"/release", `{"reason":"ORDER_CANCELLED"}`),
		post("another-hold", contract.RouteReserve, "/reservations", exampleCartOf("3", `,"orderId":"`+exampleOrder+`"`), "Idempotency-Key", "checkout-6"),
		post("order-released", contract.RouteReleaseOrder, "/orders/"+exampleOrder+"/release", `{"reason":"ORDER_CANCELLED"}`),
		post("released-already", contract.RouteConsume, "/reservations/<another-hold>/consume", `{}`),
		get("stock-level", contract.RouteStockLevel, "/stock/"+exampleMug),
		get("stock-levels", contract.RouteStockLevels, "/stock?productId="+exampleMug+"&productId="+exampleTeapot+"&locations=true"),
	}
}

// The examples of plain HTTP are what the bridge answers.
func TestExamplesOfHTTP(t *testing.T) {
	bridge := newBridge(t, newExamples(t))
	ids := map[string]string{}
	var names []string
	for _, e := range exampleRequests() {
		for name, id := range ids {
			e.Path = strings.ReplaceAll(e.Path, "<"+name+">", id)
		}
		r := request(t, e.Method, e.Path, string(e.Body))
		if e.Body != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		for name, value := range e.Headers {
			r.Header.Set(name, value)
		}
		got := ask(t, bridge, r)
		e.Status, e.AnswerHeaders = got.status, map[string]string{}
		for _, name := range []string{"Content-Type", "Location", "Preference-Applied", "Retry-After"} {
			if value := got.header.Get(name); value != "" {
				e.AnswerHeaders[name] = value
			}
		}
		if got.body != "" {
			e.Answer = json.RawMessage(got.body)
			var told struct {
				ReservationID string `json:"reservationId"`
			}
			got.into(&told)
			ids[e.Name] = told.ReservationID
		}
		if !strings.HasPrefix(e.AnswerHeaders["Content-Type"], "application/") && e.Answer != nil {
			t.Errorf("%s: %v", e.Name, e.AnswerHeaders)
		}
		golden(t, filepath.Join("http", e.Name+".json"), e)
		names = append(names, e.Name)
	}
	onlyThese(t, "http", names)
}

// exampleMessages are commands and queries, in the order in which they are sent. What they take from
// the answer to another stands in them as <id of that message>.
func exampleMessages() [][2]string {
	return [][2]string{
		{events.TypeCheck, exampleCartOf("2")},
		{events.TypeReserve, exampleCartOf("2")},
		{events.TypeExtend, `{"reservationId":"<reserve-inventory>","expiresAt":"2030-01-02T04:00:00Z"}`},
		{events.TypeAttachOrder, `{"reservationId":"<reserve-inventory>","orderId":"` + exampleOrder + `"}`},
		{events.TypeFind, `{"orderId":"` + exampleOrder + `"}`},
		{events.TypeConsume, `{"reservationId":"<reserve-inventory>"}`},
		{events.TypeConsume, `{"orderId":"` + exampleOrder + `"}`},
		{events.TypeReserve, exampleCartOf("3", `,"orderId":"`+exampleOrder+`"`)},
		{events.TypeRelease, `{"reservationId":"<reserve-inventory>","reason":"CHECKOUT_FAILED"}`},
		{events.TypeRelease, `{"orderId":"` + exampleOrder + `","reason":"ORDER_CANCELLED"}`},
		{events.TypeReserve, exampleCartOf("500")},
		{events.TypeStockLevelGet, `{"productId":"` + exampleMug + `"}`},
		{events.TypeStockLevelGet, `{"productIds":["` + exampleMug + `","` + exampleTeapot + `"],"locations":true}`},
	}
}

// The examples of messages are what the bridge takes, and what it answers. Each type has one.
func TestExamplesOfMessages(t *testing.T) {
	bridge := newBridge(t, newExamples(t))
	examples, ids := map[string]cloudevents.Event{}, map[string]string{}
	keep := func(event cloudevents.Event) {
		if _, ok := examples[event.Type()]; !ok {
			examples[event.Type()] = event
		}
	}
	for i, m := range exampleMessages() {
		eventType, data := m[0], m[1]
		for name, id := range ids {
			data = strings.ReplaceAll(data, "<"+name+">", id)
		}
		command := commandEvent(eventType, "checkout-"+string(rune('a'+i)), data)
		command.SetTime(now)
		keep(command)
		reply := ask(t, bridge, eventRequest(t, modeStructured, "/", command)).event()
		keep(reply)
		if eventType == events.TypeReserve {
			ids["reserve-inventory"] = reply.Subject()
		}
	}
	broken := commandEvent(events.TypeReserve, "checkout-y", `{"cartId":"`+exampleCart+`"}`)
	whole := commandEvent(events.TypeStockLevelGet, "checkout-z", `{"productId":"`+exampleMug+`"}`)
	keep(ask(t, bridge, postedBatch(t, "/", broken, whole)).batch()[0])
	at := metav1.NewMicroTime(now)
	for eventType, available := range map[string]int64{events.TypeStockRanOut: 0, events.TypeStockLow: 15, events.TypeStockBack: 40} {
		keep(events.StockChange("shop", eventType, "9f0e6c4e-3c0c-4a3a-8a40-000000000001.2", events.StockChanged{
			Name: "blue-mug-amsterdam", ProductID: exampleMug, LocationID: "amsterdam-1", Available: available, LowStockThreshold: 20, At: at,
		}))
	}
	var names []string
	for _, m := range contract.Messages() {
		event, ok := examples[m.Type]
		if !ok {
			t.Errorf("%s has no example", m.Type)
			continue
		}
		golden(t, filepath.Join("messages", m.ID+".json"), event)
		if err := follows(contract.PayloadOf(m), event.Data()); err != nil {
			t.Errorf("%s: %v", m.ID, err)
		}
		names = append(names, m.ID)
	}
	onlyThese(t, "messages", names)
}

// golden compares a document with the example of a name, or writes it.
func golden(t *testing.T, name string, document any) {
	t.Helper()
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	indented.WriteByte('\n')
	file := filepath.Join(examplesFolder, name)
	if *update {
		if err := os.WriteFile(file, indented.Bytes(), 0o644); err != nil { //nolint:gosec // as git checks it out
			t.Fatal(err)
		}
		return
	}
	if want, err := os.ReadFile(file); err != nil || !bytes.Equal(want, indented.Bytes()) {
		t.Errorf("%s is not what the bridge answers (%v); go test ./webhook -run TestExamples -update writes it:\n%s", file, err, indented.String())
	}
}

// onlyThese fails the test if a folder of examples has others, too.
func onlyThese(t *testing.T, folder string, names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(examplesFolder, folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := strings.TrimSuffix(entry.Name(), ".json"); !slices.Contains(names, name) {
			if !*update {
				t.Errorf("nothing writes the example %s", entry.Name())
			} else if err := os.Remove(filepath.Join(examplesFolder, folder, entry.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
}
