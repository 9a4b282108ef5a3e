package webhook

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/contract"
)

// described finds the route of the contract that serves a request; false where none does.
var described = sync.OnceValue(func() *http.ServeMux {
	mux := http.NewServeMux()
	for _, route := range contract.Routes() {
		for _, path := range route.Paths() {
			mux.Handle(route.Method+" "+path, foundRoute(route))
			if path == contract.NamespacePrefix+"/{$}" {
				mux.Handle(route.Method+" "+contract.NamespacePrefix, foundRoute(route))
			}
		}
	}
	return mux
})

type foundRoute contract.Route

func (foundRoute) ServeHTTP(http.ResponseWriter, *http.Request) {}

func routeOf(r *http.Request) (contract.Route, bool) {
	path := r.URL.EscapedPath()
	if strings.Contains(path, "//") || !strings.HasPrefix(path, "/") || strings.Contains(path+"/", "/./") || strings.Contains(path+"/", "/../") {
		return contract.Route{}, false
	}
	handler, _ := described().Handler(r)
	route, ok := handler.(foundRoute)
	return contract.Route(route), ok
}

// wantDescribed fails the test if the contract does not have the answer: its status, its kind of
// failure, or what its body looks like. Every request of the tests goes through it.
func (a answer) wantDescribed(r *http.Request) {
	a.t.Helper()
	route, ok := routeOf(r)
	if !ok {
		a.wantFailure(r, []*contract.Failure{notFound, methodNotAllowed, unsupportedMedia})
		return
	}
	if a.header.Get("Content-Type") == contentTypeProblem {
		a.wantFailure(r, route.Failures)
		return
	}
	var bodies []contract.Body
	for _, reply := range route.Answers {
		if reply.Status == a.status {
			bodies = append(bodies, reply.Body)
		}
	}
	if len(bodies) == 0 {
		a.t.Errorf("%s %s (%s) answers %d, which the contract does not have: %s", r.Method, r.URL.Path, route.ID, a.status, a.body)
	}
	if r.Method == http.MethodHead || route.ByEvent() || madeByFixture(a.body) {
		return // events are checked by the tests of package events
	}
	var errs []string
	for _, body := range bodies {
		err := follows(body, []byte(a.body))
		if err == nil {
			return
		}
		errs = append(errs, err.Error())
	}
	a.t.Errorf("%s %s (%s) answers %d with %s: %s", r.Method, r.URL.Path, route.ID, a.status, a.body, strings.Join(errs, "; "))
}

// madeByFixture tells whether an answer is about a reservation that a fixture put into the journal
// under a name that none gets, or of no cart.
func madeByFixture(body string) bool {
	var told struct {
		ReservationID string  `json:"reservationId"`
		CartID        *string `json:"cartId"`
	}
	if json.Unmarshal([]byte(body), &told) != nil || told.ReservationID == "" {
		return false
	}
	return v1.UUIDs.Wrong(told.ReservationID) != "" || told.CartID != nil && *told.CartID == ""
}

// wantFailure fails the test unless the answer is a problem document of one of some kinds.
func (a answer) wantFailure(r *http.Request, kinds []*contract.Failure) {
	a.t.Helper()
	byEvent := modeOf(r.Header) != modePlain
	if route, ok := routeOf(r); ok && route.ByEvent() {
		byEvent = true
	}
	var p problem
	if r.Method != http.MethodHead {
		if err := json.Unmarshal([]byte(a.body), &p); err != nil {
			a.t.Errorf("%s %s answers %d, which is no problem document: %s", r.Method, r.URL.Path, a.status, a.body)
			return
		}
		if err := follows(contract.Body{Name: contract.Problem}, []byte(a.body)); err != nil {
			a.t.Errorf("%s %s answers %s: %v", r.Method, r.URL.Path, a.body, err)
		}
	}
	if !slices.ContainsFunc(kinds, func(k *contract.Failure) bool {
		return k.Status(byEvent) == a.status && (p.Type == contract.ProblemBase+k.Slug || r.Method == http.MethodHead)
	}) {
		a.t.Errorf("%s %s answers %d %s, which the contract does not have for it: %s", r.Method, r.URL.Path, a.status, p.Type, a.body)
	}
}

var compiled sync.Map // the schema of each body, by its name

// follows tells whether a document has the schema of a body, where any ids are taken.
func follows(body contract.Body, document []byte) error {
	schema, ok := compiled.Load(body.Name)
	if !ok {
		source, known := body.Schema(v1.AnyIDs)
		if !known {
			return nil
		}
		text, err := json.Marshal(source)
		if err != nil {
			return err
		}
		resource, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return err
		}
		compiler := jsonschema.NewCompiler()
		compiler.AssertFormat()
		if err := compiler.AddResource("mem:"+body.Name, resource); err != nil {
			return err
		}
		made, err := compiler.Compile("mem:" + body.Name)
		if err != nil {
			return err
		}
		schema, _ = compiled.LoadOrStore(body.Name, made)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	return schema.(*jsonschema.Schema).Validate(instance)
}

// Each event type has a message, each failure a slug of its own, and each message that is taken is
// answered with messages that there are.
func TestContractIsWhole(t *testing.T) {
	var types []string
	for _, m := range contract.Messages() {
		types = append(types, m.Type)
		for _, answer := range m.Answers {
			if _, ok := contract.MessageOf(answer); !ok {
				t.Errorf("%s is answered with %s, which is no message", m.ID, answer)
			}
		}
		if m.Taken() != slices.Contains(events.TypesTaken(), m.Type) {
			t.Errorf("%s: taken %v", m.Type, m.Taken())
		}
		if _, ok := contract.PayloadOf(m).Schema(v1.UUIDs); !ok {
			t.Errorf("%s has no schema", m.ID)
		}
	}
	want := events.Types()
	slices.Sort(types)
	slices.Sort(want)
	if !slices.Equal(types, want) {
		t.Errorf("the contract has %v, and package events %v", types, want)
	}
	slugs := map[string]bool{}
	for _, f := range contract.Failures() {
		if slugs[f.Slug] || f.Title == "" || f.When == "" || f.Plain == 0 {
			t.Errorf("%+v", f)
		}
		slugs[f.Slug] = true
	}
	for _, route := range contract.Routes() {
		for _, f := range route.Failures {
			if !slugs[f.Slug] {
				t.Errorf("%s fails with %s, which is not among the failures", route.ID, f.Slug)
			}
		}
	}
}

// The documents are served to everybody, also where callers have tokens; caches need not load them
// again, and each schema is at the path of its $id.
func TestDocuments(t *testing.T) {
	o := offline(t)
	o.Access = deaf{}
	bridge := newBridge(t, o)
	paths := []string{"/openapi.json", "/asyncapi.json", "/schemas"}
	var list struct{ Schemas []contract.Published }
	ask(t, bridge, request(t, http.MethodGet, "/schemas", "")).wantStatus(http.StatusOK).into(&list)
	if len(list.Schemas) < len(events.Types()) {
		t.Errorf("%d schemas are listed", len(list.Schemas))
	}
	for _, schema := range list.Schemas {
		paths = append(paths, "/schemas/"+schema.Path)
	}
	for _, path := range paths {
		got := ask(t, bridge, request(t, http.MethodGet, path, "")).wantStatus(http.StatusOK)
		var document map[string]any
		if err := json.Unmarshal([]byte(got.body), &document); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if id, ok := document["$id"].(string); strings.Count(path, "/") == 3 && (!ok || !strings.HasSuffix(id, path)) {
			t.Errorf("%s has the id %q", path, id)
		}
		tag := got.header.Get("ETag")
		if tag == "" || got.header.Get("Cache-Control") == "" {
			t.Errorf("%s: %v", path, got.header)
		}
		for _, known := range []string{tag, `"x", W/` + tag, "*"} {
			again := ask(t, bridge, request(t, http.MethodGet, path, "", "If-None-Match", known)).wantStatus(http.StatusNotModified)
			if again.body != "" || again.header.Get("ETag") != tag {
				t.Errorf("%s: %v %s", path, again.header, again.body)
			}
		}
		ask(t, bridge, request(t, http.MethodGet, path, "", "If-None-Match", `"another"`)).wantStatus(http.StatusOK)
		ask(t, bridge, request(t, http.MethodHead, path, "")).wantStatus(http.StatusOK)
		ask(t, bridge, request(t, http.MethodPost, path, "{}")).wantProblem(http.StatusMethodNotAllowed, methodNotAllowed)
	}
	ask(t, bridge, request(t, http.MethodGet, "/schemas/v1/nothing.json", "")).wantProblem(http.StatusNotFound, notFound)
	o.Access, o.IDs = nil, v1.UUIDs
	strict := ask(t, newBridge(t, o), request(t, http.MethodGet, "/schemas/v1/reserve.json", "")).body
	for _, name := range []string{"openapi.json", "asyncapi.json"} {
		text, err := os.ReadFile("../catalog/domains/inventory/services/inventory-service/" + name)
		if got := ask(t, newBridge(t, o), request(t, http.MethodGet, "/"+name, "")).body; err != nil || got != string(text) {
			t.Errorf("%s of the catalogue, which the tools check, is not what a bridge serves (%v)", name, err)
		}
	}
	if lax := ask(t, bridge, request(t, http.MethodGet, "/schemas/v1/reserve.json", "")).body; lax == strict {
		t.Error("the schemas do not say which ids the bridge takes")
	}
}

// Events name their schemas where it is said where those are, and they are there.
func TestDataSchema(t *testing.T) {
	o := offline(t)
	o.SchemasURL = "https://inventory.example/schemas/"
	bridge := newBridge(t, o)
	outcome := ask(t, bridge, eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "a", pCart))).event()
	broken := ask(t, bridge, postedBatch(t, "/", commandEvent(events.TypeReserve, "b", "{}"))).batch()[0]
	for _, event := range []cloudevents.Event{outcome, broken} {
		path, ok := strings.CutPrefix(event.DataSchema(), "https://inventory.example")
		if !ok || path != "/schemas/"+events.SchemaPath(event.Type(), events.SchemaVersion(event.Type())) {
			t.Fatalf("dataschema of %s is %q", event.Type(), event.DataSchema())
		}
		ask(t, bridge, request(t, http.MethodGet, path, "")).wantStatus(http.StatusOK)
	}
	o.SchemasURL = ""
	if plain := ask(t, newBridge(t, o), eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "c", pCart))).event(); plain.DataSchema() != "" {
		t.Errorf("dataschema is %q", plain.DataSchema())
	}
}
