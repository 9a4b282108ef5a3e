package webhook

import (
	"net/http"
	"strings"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/acme/inventory-service/api/events"
)

func TestEventRefusals(t *testing.T) {
	reserve := commandEvent(events.TypeReserve, "k", tinyCart)
	change := func(change func(r *http.Request)) *http.Request {
		r := eventRequest(t, modeBinary, "/", reserve)
		change(r)
		return r
	}
	typed := func(eventType, data string) *http.Request {
		return eventRequest(t, modeStructured, "/", commandEvent(eventType, "k", data))
	}
	structured := func(body string) *http.Request {
		return request(t, "POST", "/", body, "Content-Type", "application/cloudevents+json; charset=utf-8")
	}
	long := func(change func(e *cloudevents.Event)) *http.Request {
		e := reserve.Clone()
		change(&e)
		return eventRequest(t, modeStructured, "/", e)
	}
	cases := map[string]struct {
		request *http.Request
		status  int
		kind    *kind
		field   string
	}{
		"no CloudEvent":           {request(t, "POST", "/", tinyCart, "Content-Type", "application/json"), 400, invalid, ""},
		"nothing":                 {request(t, "POST", "/", ""), 400, invalid, ""},
		"another format":          {request(t, "POST", "/", "x", "Content-Type", "application/cloudevents+avro"), 415, unsupportedMedia, ""},
		"batch":                   {request(t, "POST", "/", "{}", "Content-Type", "application/cloudevents-batch+json"), 400, invalid, ""},
		"batch with a parameter":  {request(t, "POST", "/", "{}", "Content-Type", "application/cloudevents-batch+json; charset=utf-8"), 400, invalid, ""},
		"batch in another format": {request(t, "POST", "/", "[]", "Content-Type", "application/cloudevents-batch+avro"), 415, unsupportedMedia, ""},
		"broken structured":       {structured(`{"specversion":`), 400, invalid, ""},
		"structured null":         {structured(`null`), 400, invalid, ""},
		"structured array":        {structured(`[]`), 400, invalid, ""},
		"structured without all":  {structured(`{}`), 400, invalid, "specversion"},
		"structured without id":   {structured(`{"specversion":"1.0","type":"t","source":"s"}`), 400, invalid, "id"},
		"structured bad base64":   {structured(`{"specversion":"1.0","id":"i","type":"t","source":"s","data_base64":"%%"}`), 400, invalid, "data_base64"},
		"structured bad time":     {structured(`{"specversion":"1.0","id":"i","type":"t","source":"s","time":"noon"}`), 400, invalid, "time"},
		"version 0.3":             {structured(`{"specversion":"0.3","id":"i","type":"` + events.TypeReserve + `","source":"s"}`), 400, invalid, "specversion"},
		"too large":               {structured(`{"x":"` + strings.Repeat("x", maxBody) + `"}`), 413, tooLarge, ""},
		"binary without id":       {change(func(r *http.Request) { r.Header.Del("ce-id") }), 400, invalid, "id"},
		"binary without source":   {change(func(r *http.Request) { r.Header.Del("ce-source") }), 400, invalid, "source"},
		"binary version 2":        {change(func(r *http.Request) { r.Header.Set("ce-specversion", "2.0") }), 400, invalid, "specversion"},
		"binary bad time":         {change(func(r *http.Request) { r.Header.Set("ce-time", "noon") }), 400, invalid, "time"},
		"binary bad extension":    {change(func(r *http.Request) { r.Header.Set("ce-no_name", "x") }), 400, invalid, "ce-no_name"},
		"binary nameless header":  {change(func(r *http.Request) { r.Header.Set("ce-", "x") }), 400, invalid, "ce-"},
		"binary XML":              {change(func(r *http.Request) { r.Header.Set("Content-Type", "application/xml") }), 415, unsupportedMedia, ""},
		"id not UTF-8":            {change(func(r *http.Request) { r.Header.Set("ce-id", "\xff") }), 400, invalid, "id"},
		"unknown type":            {typed("com.acme.inventory.reserve.v2", tinyCart), 422, unknownType, ""},
		"an outcome's type":       {typed(events.TypeReserved, tinyCart), 422, unknownType, ""},
		"bad reserve":             {typed(events.TypeReserve, `{"cartId":"c","items":[{"productId":"p","quantity":0}]}`), 400, invalid, "items[0].quantity"},
		"data is a string":        {typed(events.TypeReserve, `"{}"`), 400, invalid, ""},
		"no data":                 {structured(`{"specversion":"1.0","id":"i","type":"` + events.TypeReserve + `","source":"s"}`), 400, invalid, ""},
		"bad release":             {typed(events.TypeRelease, `{"reservationId":"R"}`), 400, invalid, "reservationId"},
		"bad consume":             {typed(events.TypeConsume, `{"reservationId":"r","items":[]}`), 400, invalid, "items"},
		"bad part":                {typed(events.TypeConsume, `{"reservationId":"r","items":[{"productId":"p","quantity":1.5}]}`), 400, invalid, "items[0].quantity"},
		"reason for a part":       {typed(events.TypeRelease, `{"reservationId":"r","reason":"EXPIRED","items":[{"productId":"p","quantity":1}]}`), 400, invalid, "reason"},
		"bad stock level":         {typed(events.TypeStockLevelGet, `{}`), 400, invalid, "productId"},
		"unknown product":         {typed(events.TypeStockLevelGet, `{"productId":"q"}`), 422, notFound, ""},
		"unknown reservation":     {typed(events.TypeRelease, `{"reservationId":"r"}`), 422, notFound, ""},
		"consume of unknown":      {typed(events.TypeConsume, `{"reservationId":"r"}`), 422, notFound, ""},
		"part of unknown":         {typed(events.TypeConsume, `{"reservationId":"r","items":[{"productId":"p","quantity":1}]}`), 422, notFound, ""},
		"bad namespace":           {eventRequest(t, modeBinary, "/namespaces/A%2FB", reserve), 400, invalid, ""},
		"id too long to show":     {long(func(e *cloudevents.Event) { e.SetID(strings.Repeat("é", maxCommandText+1)) }), 400, invalid, "id"},
		"source too long to show": {long(func(e *cloudevents.Event) { e.SetSource("/" + strings.Repeat("x", maxCommandText)) }), 400, invalid, "source"},
		"batch in capitals":       {request(t, "POST", "/", "{}", "Content-Type", "Application/CloudEvents-Batch+JSON"), 400, invalid, ""},
		"member twice":            {structured(`{"specversion":"1.0","id":"i","id":"j","type":"t","source":"s"}`), 400, invalid, ""},
		"member of no name":       {structured(`{"":1,"specversion":"1.0","id":"i","type":"t","source":"s"}`), 400, invalid, ""},
		"member in capitals":      {structured(`{"specversion":"1.0","id":"i","type":"t","source":"s","MyExtension":"x"}`), 400, invalid, "MyExtension"},
		"data twice":              {structured(`{"specversion":"1.0","id":"i","type":"t","source":"s","data":{},"data_base64":"e30="}`), 400, invalid, "data_base64"},
		"an id that is a number":  {structured(`{"specversion":"1.0","id":7,"type":"t","source":"s"}`), 400, invalid, "id"},
		"an object as extension":  {structured(`{"specversion":"1.0","id":"i","type":"t","source":"s","x":{}}`), 400, invalid, "x"},
		"a lone surrogate":        {structured(`{"specversion":"1.0","id":"\ud800","type":"t","source":"s"}`), 400, invalid, ""},
		"a control character":     {structured(`{"specversion":"1.0","id":"a\u0007","type":"t","source":"s"}`), 400, invalid, "id"},
		"escaped control":         {change(func(r *http.Request) { r.Header.Set("ce-id", "a%0A") }), 400, invalid, "id"},
		"escaped surrogate":       {change(func(r *http.Request) { r.Header.Set("ce-id", "%ED%A0%80") }), 400, invalid, "id"},
		"escaped invalid UTF-8":   {change(func(r *http.Request) { r.Header.Set("ce-id", "%FF") }), 400, invalid, "id"},
		"two ids":                 {change(func(r *http.Request) { r.Header.Add("ce-id", "k") }), 400, invalid, "id"},
		"two extensions":          {change(func(r *http.Request) { r.Header["Ce-X"] = []string{"a", "b"} }), 400, invalid, "x"},
		"data in a header":        {change(func(r *http.Request) { r.Header.Set("ce-data", "x") }), 400, invalid, "ce-data"},
		"type in a header":        {change(func(r *http.Request) { r.Header.Set("ce-datacontenttype", "x") }), 400, invalid, "ce-datacontenttype"},
		"a comma in its time":     {change(func(r *http.Request) { r.Header.Set("ce-time", "2030-01-01T00:00:00,5Z") }), 400, invalid, "time"},
		"source that is no URI":   {change(func(r *http.Request) { r.Header.Set("ce-source", ":") }), 400, invalid, "source"},
		"schema that is no URI":   {change(func(r *http.Request) { r.Header.Set("ce-dataschema", "%25zz") }), 400, invalid, "dataschema"},
		"the keys' source":        {change(func(r *http.Request) { r.Header.Set("ce-source", idempotencySource) }), 400, invalid, "source"},
		"compressed":              {change(func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }), 415, unsupportedMedia, ""},
		"misspelt part":           {typed(events.TypeConsume, `{"reservationId":"r","Items":[{"productId":"p","quantity":1}]}`), 400, invalid, "Items"},
		"at a path of plain HTTP": {eventRequest(t, modeBinary, "/reservations", reserve), 415, unsupportedMedia, ""},
		"misspelt path":           {eventRequest(t, modeStructured, "/namespace/shop", reserve), 422, notFound, ""},
		"no namespace":            {eventRequest(t, modeBinary, "/namespaces/", reserve), 422, notFound, ""},
		"two slashes":             {eventRequest(t, modeBinary, "//", reserve), 422, notFound, ""},
		"put":                     {change(func(r *http.Request) { r.Method = http.MethodPut }), 422, methodNotAllowed, ""},
		"position unreadable":     {change(func(r *http.Request) { r.Header.Set("Inventory-Position", "x") }), 400, invalid, ""},
	}
	bridge := newBridge(t, offline(t))
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := ask(t, bridge, tc.request)
			got.t = t
			if p := got.wantProblem(tc.status, tc.kind); p.Field != tc.field {
				t.Errorf("names field %q, want %q: %s", p.Field, tc.field, got.body)
			}
		})
	}
}

// What a producer put on a command comes back on its outcome, in either mode; of a command
// that comes again, what it said first.
func TestExtensionsAreCarried(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	for _, mode := range []string{modeBinary, modeStructured} {
		send := func(eventType, correlation, data string) cloudevents.Event {
			command := commandEvent(eventType, "k-"+mode, data)
			for name, value := range map[string]string{"correlationid": correlation, "traceparent": "00-a-b-01", "replyid": "r", "knativearrivaltime": "2030-01-01T00:00:00Z"} {
				command.SetExtension(name, value)
			}
			r := eventRequest(t, mode, "/", command)
			if mode == modeBinary { // as the SDK does not
				r.Header.Set("ce-correlationid", percentEncoded(correlation))
			}
			return ask(t, bridge, r).event()
		}
		check := func(what, correlation string, reply cloudevents.Event) {
			t.Helper()
			if mode == modeBinary {
				correlation = percentEncoded(correlation)
			}
			extensions := reply.Extensions()
			if extensions["correlationid"] != correlation || extensions["traceparent"] != "00-a-b-01" || extensions["replyid"] != "r" ||
				extensions["causationid"] != "k-"+mode || extensions["knativearrivaltime"] != nil {
				t.Errorf("%s in %s mode: %v", what, mode, extensions)
			}
		}
		outcome := send(events.TypeReserve, "größe 1", tinyCart)
		check("an outcome", "größe 1", outcome)
		check("the same", "größe 1", send(events.TypeReserve, "another", tinyCart))
		check("a release", "c", send(events.TypeRelease, "c", `{"reservationId":"`+outcome.Subject()+`"}`))
		check("a query", "q", send(events.TypeStockLevelGet, "q", `{"productId":"plenty"}`))
		stored := s.get(t, outcome.Subject())
		if got := stored.Spec.Command.Extensions; got["correlationid"] != "größe 1" || len(got) != 3 {
			t.Errorf("the reservation has %v", got)
		}
	}
}
