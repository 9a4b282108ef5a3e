package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
	"k8s.io/apiserver/pkg/authentication/user"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/access"
	"github.com/acme/inventory-service/internal/archive"
	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/archive/lookup"
	"github.com/acme/inventory-service/internal/archive/schema"
	archivestore "github.com/acme/inventory-service/internal/archive/store"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// forgetfulStore is one whose journal forgets what has ended as soon as it can, with an archive and a
// bridge that asks it.
type forgetfulStore struct {
	*store
	t       *testing.T
	url     string
	archive *lookup.Archive
	bridge  http.Handler
	// sent is when its old commands were sent.
	sent time.Time
	// carts counts those that were made to have the journal forget others.
	carts int
}

// newForgetful makes a store whose archive is on a server.
func newForgetful(t *testing.T, server *postgres.Server) *forgetfulStore {
	t.Helper()
	cp := controlplanetest.Shared(t)
	p := runProcess(t, cp.RESTConfig(), nil, journal.Leader{Name: uuid.NewString()}, func(p *stock.Policy) { p.Retention, p.Grace, p.CompactAbove = 1, 1, 1 })
	s := &forgetfulStore{
		store: stockUp(t, p, cp.RESTConfig(), controlplanetest.Namespace(t, cp)), t: t, sent: time.Now().Add(-time.Minute),
		url: server.URL(postgres.PlainRole, postgrestest.DatabaseOn(t, server)),
	}
	s.connect()
	return s
}

// connect gives the bridge an archive of which it knows nothing yet.
func (s *forgetfulStore) connect() {
	s.t.Helper()
	s.archive = lookup.New(lookup.Options{Database: &database.Address{URL: s.url}, Logger: logr.Discard(), Cluster: s.cluster})
	s.t.Cleanup(s.archive.Close)
	s.bridge = newBridge(s.t, s.options())
}

func (s *forgetfulStore) options() Options {
	o := s.store.options()
	o.Archive = s.archive
	return o
}

func (s *forgetfulStore) cluster(ctx context.Context) (string, error) {
	system := namespaces.Kind()
	err := s.client.Get(ctx, client.ObjectKey{Name: "kube-system"}, system)
	return string(system.UID), err
}

// runArchive archives the namespace until end is called.
func (s *forgetfulStore) runArchive() (end func()) {
	s.t.Helper()
	config, err := (&database.Address{URL: s.url}).Config()
	if err != nil {
		s.t.Fatal(err)
	}
	db, err := archivestore.Open(s.t.Context(), config, uuid.NewString())
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- archive.Run(ctx, archive.Options{
			Config: s.config, Client: s.client, Store: db, Namespaces: []string{s.namespace}, MetricsAddress: "0", HealthAddress: "0",
			Migrate: func(ctx context.Context) (int, error) { return schema.Migrate(ctx, config.ConnConfig) },
		})
	}()
	over := false
	end = func() {
		if over {
			return
		}
		over = true
		cancel()
		if err := await(s.t, ended); err != nil {
			s.t.Error(err)
		}
		db.Close()
	}
	s.t.Cleanup(end)
	return end
}

// awaitArchived waits until the archive has a reservation in a phase, and is not behind.
func (s *forgetfulStore) awaitArchived(id stock.ID, phase stock.Phase) {
	s.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		r, err := s.archive.Reservation(s.t.Context(), archived(s.namespace, s.runner), string(id))
		if !mayTellMore(err) && r != nil && r.Phase == phase {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("reservation %s is archived as %+v, want phase %d (%v)", id, r, phase, err)
		}
		time.Sleep(20 * time.Millisecond) // a poll of a database
	}
}

// forget has the journal forget a reservation that has ended.
func (s *forgetfulStore) forget(id string) {
	s.t.Helper()
	for n := 0; find(s.runner, id) != nil; n++ {
		if n > 1000 {
			s.t.Fatal("nothing is ever forgotten")
		}
		s.carts++
		r := s.reserveOne(s.t, s.bridge, fmt.Sprintf(`{"cartId":"filler-%d","items":[{"productId":"unheard","quantity":1}]}`, s.carts), http.StatusConflict)
		var number uint64
		s.runner.Read(func(state *stock.State, _ *journal.Log) {
			if known, ok := state.Reservation(stock.ID(r.ReservationID())); ok {
				number = known.Number
			}
		})
		s.ask(s.t, stock.Publish{Number: number})
	}
}

// oldCommand is a reserve command of a shop's, sent before the test began: whenever it is repeated, it
// has the same time.
func (s *forgetfulStore) oldCommand(id, data string) *http.Request {
	s.t.Helper()
	command := commandEvent(events.TypeReserve, id, data)
	command.SetTime(s.sent)
	return eventRequest(s.t, modeBinary, "/", command)
}

// refused is how a command that is too old is refused where the archive has its outcome and said so
// in time, which it need not on a busy machine.
func (s *forgetfulStore) refused(command *http.Request) problem {
	s.t.Helper()
	body, err := io.ReadAll(command.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		before := outcomesFound(s.t)
		again := command.Clone(s.t.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		refusal := ask(s.t, s.bridge, again).wantProblem(http.StatusUnprocessableEntity, tooOld)
		if outcomesFound(s.t) > before {
			return refusal
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the archive never has its outcome: %+v", refusal)
		}
	}
}

// outcomesFound is how often the archive had the outcome of a command that is too old.
func outcomesFound(t *testing.T) (found float64) {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == "inventory_bridge_archive_lookups_total" && m.GetLabel()[0].GetValue() == "outcome" && m.GetLabel()[1].GetValue() == "found" {
				found += m.GetCounter().GetValue()
			}
		}
	}
	return found
}

// members is a document without what the archive does not keep, or says of itself.
func (a answer) members() map[string]any {
	var m map[string]any
	a.into(&m)
	delete(m, "customerId")
	delete(m, "archived")
	return m
}

// What has ended is told by the archive as the journal told it, once the journal has forgotten it;
// commands about it find nothing.
func TestArchiveTells(t *testing.T) {
	s := newForgetful(t, postgrestest.Shared(t))
	s.runArchive()
	get := func(path string, headers ...string) answer {
		t.Helper()
		return ask(t, s.bridge, request(t, http.MethodGet, path, "", headers...))
	}
	ids := map[string]stock.Phase{}
	made := func(body string, status int, phase stock.Phase) string {
		t.Helper()
		id := s.reserveOne(t, s.bridge, body, status).ReservationID()
		ids[id] = phase
		return id
	}
	shipped := made(`{"cartId":"cart","customerId":"ann","orderId":"order","items":[{"productId":"plenty","quantity":3}]}`, http.StatusCreated, stock.PhaseConsumed)
	back := made(`{"cartId":"cart","orderId":"order","items":[{"productId":"plenty","quantity":2}]}`, http.StatusCreated, stock.PhaseReleased)
	short := made(`{"cartId":"cart","orderId":"order","items":[{"productId":"plenty","quantity":1},{"productId":"few","quantity":9}]}`, http.StatusConflict, stock.PhaseRefused)
	first := `{"cartId":"cart","orderId":"order","items":[{"productId":"plenty","quantity":4}]}`
	command := s.oldCommand("first", first)
	repeated := ask(t, s.bridge, command.Clone(t.Context())).event
	old := repeated().Subject()
	ids[old] = stock.PhaseReleased
	ask(t, s.bridge, request(t, http.MethodPost, "/reservations/"+shipped+"/consume", "")).wantStatus(http.StatusOK)
	for _, id := range []string{back, old} {
		ask(t, s.bridge, request(t, http.MethodPost, "/reservations/"+id+"/release", `{"reason":"ORDER_CANCELLED"}`)).wantStatus(http.StatusOK)
	}
	before := map[string]answer{}
	for id, phase := range ids {
		before[id] = get("/reservations/" + id).wantStatus(http.StatusOK)
		s.awaitArchived(stock.ID(id), phase)
	}
	for id := range ids {
		s.forget(id)
	}
	for id := range ids {
		path := "/reservations/" + id
		after := get(path).wantStatus(http.StatusOK)
		if want, got := before[id].members(), after.members(); !reflect.DeepEqual(want, got) {
			t.Errorf("the archive tells %v, and the journal told %v", got, want)
		}
		if !strings.Contains(after.body, `"archived":true`) || strings.Contains(before[id].body, `"archived"`) {
			t.Errorf("who tells is not said: %s and %s", before[id].body, after.body)
		}
		tag := after.header.Get("ETag")
		if tag == "" || after.header.Get(headerPosition) == "" || !strings.Contains(after.header.Get("Cache-Control"), "private") {
			t.Errorf("headers %v", after.header)
		}
		if again := get(path, "If-None-Match", tag).wantStatus(http.StatusNotModified); again.body != "" {
			t.Errorf("%s", again.body)
		}
		ask(t, s.bridge, request(t, http.MethodHead, path, "")).wantStatus(http.StatusOK)
		ask(t, s.bridge, request(t, http.MethodPost, path+"/release", "")).wantProblem(http.StatusNotFound, notFound)
		get("/namespaces/default"+path).wantProblem(http.StatusNotFound, notFound)
	}
	// A reservation that is remembered stands among those that are not, in the order of outcomes.
	last := s.reserveOne(t, s.bridge, `{"cartId":"cart","orderId":"order","items":[{"productId":"plenty","quantity":1}]}`, http.StatusCreated).ReservationID()
	s.awaitArchived(stock.ID(last), stock.PhaseReserved)
	for _, by := range []string{"orderId=order", "cartId=cart", "orderId=order&cartId=cart"} {
		var found found
		get("/reservations?" + by).wantStatus(http.StatusOK).into(&found)
		var told []string
		for _, r := range found.Reservations {
			if told = append(told, r.ReservationID); r.Archived != (r.ReservationID != last) {
				t.Errorf("%s: %s is told to be archived: %v", by, r.ReservationID, r.Archived)
			}
		}
		if want := []string{shipped, back, short, old, last}; !reflect.DeepEqual(told, want) || found.Incomplete || found.Truncated {
			t.Errorf("%s: %v, want %v", by, told, want)
		}
	}
	get("/reservations/"+uuid.NewString()).wantProblem(http.StatusNotFound, notFound) // it has read on
	reply := ask(t, s.bridge, eventRequest(t, modeBinary, "/", commandEvent(events.TypeFind, "find", `{"orderId":"order"}`))).event()
	if n := strings.Count(string(reply.Data()), `"archived":true`); n != 4 {
		t.Errorf("%d are archived: %s", n, reply.Data())
	}

	// A command of which the archive has the outcome is refused with it; another one under that id is
	// told nothing about it.
	refusal := s.refused(s.oldCommand("first", first))
	if refusal.ReservationID != old || !strings.Contains(refusal.Detail, "Released, ORDER_CANCELLED") {
		t.Errorf("the refusal does not tell the first outcome: %+v", refusal)
	}
	for _, other := range []string{strings.Replace(first, `:"cart"`, `:"tart"`, 1), strings.Replace(first, "4", "5", 1)} {
		refusal := s.refused(s.oldCommand("first", other))
		if strings.Contains(refusal.Detail, old) || refusal.ReservationID != "" {
			t.Errorf("the refusal tells of another command's outcome: %+v", refusal)
		}
	}
	ask(t, s.bridge, s.oldCommand("never", first)).wantProblem(http.StatusUnprocessableEntity, tooOld)
}

// Where the database is frozen, nothing but what it alone knows waits for it, and that it could not
// be asked is told.
func TestArchiveFrozen(t *testing.T) {
	server := postgrestest.Start(t, postgres.Options{UnsafeNoFsync: true})
	s := newForgetful(t, server)
	s.runArchive()
	cart := `{"cartId":"cart","orderId":"order","items":[{"productId":"few","quantity":9}]}`
	id := ask(t, s.bridge, s.oldCommand("first", cart)).event().Subject()
	s.awaitArchived(stock.ID(id), stock.PhaseRefused)
	s.forget(id)
	ask(t, s.bridge, request(t, http.MethodGet, "/reservations/"+id, "")).wantStatus(http.StatusOK)
	if err := server.Freeze(); err != nil {
		t.Fatal(err)
	}
	thaw := func() { _ = server.Thaw() }
	t.Cleanup(thaw)

	// The first of all finds it frozen; from then on nobody waits.
	first := true
	quickly(t, 1500*time.Millisecond, func() { // not for the archive, which gives up after longer
		if !first {
			s.connect()
		}
		first = false
		ask(t, s.bridge, s.oldCommand("first", cart)).wantProblem(http.StatusUnprocessableEntity, tooOld)
	})
	for range 3 {
		got := ask(t, s.bridge, request(t, http.MethodGet, "/reservations/"+id, ""))
		got.wantProblem(http.StatusServiceUnavailable, archiveUnavailable)
		if got.header.Get("Retry-After") == "" {
			t.Error("when to come again is not told")
		}
		ask(t, s.bridge, request(t, http.MethodGet, "/reservations?orderId=order", "")).wantProblem(http.StatusServiceUnavailable, archiveUnavailable)
	}
	held := s.reserveOne(t, s.bridge, `{"cartId":"cart","orderId":"order","items":[{"productId":"plenty","quantity":1}]}`, http.StatusCreated)
	ask(t, s.bridge, request(t, http.MethodGet, "/reservations/"+held.ReservationID(), "")).wantStatus(http.StatusOK)
	var found found
	ask(t, s.bridge, request(t, http.MethodGet, "/reservations?orderId=order", "")).wantStatus(http.StatusOK).into(&found)
	if len(found.Reservations) != 1 || !found.Incomplete {
		t.Errorf("%+v", found)
	}
	ask(t, s.bridge, request(t, http.MethodGet, "/readyz", "")).wantStatus(http.StatusOK)
	thaw()
	s.awaitArchived(stock.ID(id), stock.PhaseRefused)
	ask(t, s.bridge, request(t, http.MethodGet, "/reservations/"+id, "")).wantStatus(http.StatusOK)
}

// A hold that the journal has forgotten has ended, whatever an archive says that has not read it yet.
func TestArchiveBehind(t *testing.T) {
	s := newForgetful(t, postgrestest.Shared(t))
	end := s.runArchive()
	id := s.reserveOne(t, s.bridge, `{"cartId":"cart","orderId":"order","items":[{"productId":"plenty","quantity":1}]}`, http.StatusCreated).ReservationID()
	s.awaitArchived(stock.ID(id), stock.PhaseReserved)
	end()
	ask(t, s.bridge, request(t, http.MethodPost, "/reservations/"+id+"/consume", "")).wantStatus(http.StatusOK)
	s.forget(id)
	for _, path := range []string{"/reservations/" + id, "/reservations?orderId=order", "/reservations?cartId=cart"} {
		ask(t, s.bridge, request(t, http.MethodGet, path, "")).wantProblem(http.StatusServiceUnavailable, archiveUnavailable)
	}
	s.reserveOne(t, s.bridge, `{"cartId":"cart","orderId":"order","items":[{"productId":"plenty","quantity":1}]}`, http.StatusCreated)
	var found found
	ask(t, s.bridge, request(t, http.MethodGet, "/reservations?orderId=order", "")).wantStatus(http.StatusOK).into(&found)
	if len(found.Reservations) != 1 || !found.Incomplete {
		t.Errorf("%+v", found)
	}
}

// What an archive has not read that is behind the journal's head is not told to have never been; once
// it has caught up, that it has a gap is told.
func TestArchiveMisses(t *testing.T) {
	s := newForgetful(t, postgrestest.Shared(t))
	end := s.runArchive()
	read := s.reserveOne(t, s.bridge, `{"cartId":"cart","orderId":"order","items":[{"productId":"few","quantity":9}]}`, http.StatusConflict).ReservationID()
	s.awaitArchived(stock.ID(read), stock.PhaseRefused)
	end()
	missed := `{"cartId":"cart","orderId":"order","items":[{"productId":"few","quantity":8}]}`
	id := ask(t, s.bridge, s.oldCommand("missed", missed)).event().Subject()
	s.forget(id)
	for _, path := range []string{"/reservations/" + id, "/reservations?orderId=another", "/reservations?cartId=another"} {
		got := ask(t, s.bridge, request(t, http.MethodGet, path, ""))
		got.wantProblem(http.StatusServiceUnavailable, archiveUnavailable)
		if got.header.Get("Retry-After") == "" {
			t.Error("when to come again is not told")
		}
	}
	// What it has read is told.
	s.forget(read)
	ask(t, s.bridge, request(t, http.MethodGet, "/reservations/"+read, "")).wantStatus(http.StatusOK)
	s.wantFound("orderId=order", true, read)
	ask(t, s.bridge, s.oldCommand("missed", missed)).wantProblem(http.StatusUnprocessableEntity, tooOld)

	s.runArchive()
	last := s.reserveOne(t, s.bridge, `{"cartId":"last","items":[{"productId":"few","quantity":9}]}`, http.StatusConflict).ReservationID()
	s.awaitArchived(stock.ID(last), stock.PhaseRefused)
	gone := ask(t, s.bridge, request(t, http.MethodGet, "/reservations/"+id, "")).wantProblem(http.StatusNotFound, notFound)
	if !strings.Contains(gone.Detail, "gap") {
		t.Errorf("that the archive has a gap is not told: %s", gone.Detail)
	}
	s.wantFound("orderId=order", false, read)
}

// wantFound fails unless these reservations are found, and whether there may be others is told.
func (s *forgetfulStore) wantFound(by string, incomplete bool, ids ...string) {
	s.t.Helper()
	var found found
	ask(s.t, s.bridge, request(s.t, http.MethodGet, "/reservations?"+by, "")).wantStatus(http.StatusOK).into(&found)
	var told []string
	for _, r := range found.Reservations {
		told = append(told, r.ReservationID)
	}
	if !reflect.DeepEqual(told, ids) || found.Incomplete != incomplete {
		s.t.Errorf("%s: found %v, incomplete %v, want %v", by, told, found.Incomplete, ids)
	}
}

// An archive that is behind tells of no older object of a name that may have come back.
func TestArchiveMissesNames(t *testing.T) {
	s := newForgetful(t, postgrestest.Shared(t))
	end := s.runArchive()
	first := s.ended("by-hand")
	s.awaitArchived(first, stock.PhaseReleased)
	end()
	second := string(s.ended("by-hand"))
	s.forget(string(first))
	s.forget(second)
	get := func(text string) answer {
		return ask(t, s.bridge, request(t, http.MethodGet, "/reservations/"+text, ""))
	}
	get(string(first)).wantStatus(http.StatusOK)
	get(second).wantProblem(http.StatusServiceUnavailable, archiveUnavailable)
	get("by-hand").wantProblem(http.StatusServiceUnavailable, archiveUnavailable)
}

// ended decides and ends a reservation that was an object of a name, and is none any more.
func (s *forgetfulStore) ended(name string) stock.ID {
	s.t.Helper()
	uid := stock.ID(uuid.NewString())
	made := fixture.Reserve("", fixture.Line("plenty", 1), fixture.FromObject(uid, name, 1))
	made.Wanted.Outcome = stock.ID(uuid.NewString())
	for _, request := range []stock.Request{
		made, stock.Release{Reservation: uid, Reason: "DELETED"},
		stock.Show{Reservation: uid, Object: stock.Object{UID: uid, Name: name, Version: 2, Gone: true}},
	} {
		if answer := s.ask(s.t, request); answer.Verdict != stock.Done {
			s.t.Fatal(fixture.Words(answer))
		}
	}
	return uid
}

// A reservation that is forgotten while the archive is asked is told once.
func TestArchiveAskedMeanwhile(t *testing.T) {
	s := newForgetful(t, postgrestest.Shared(t))
	s.runArchive()
	id := s.reserveOne(t, s.bridge, `{"cartId":"cart","orderId":"order","items":[{"productId":"few","quantity":9}]}`, http.StatusConflict).ReservationID()
	s.awaitArchived(stock.ID(id), stock.PhaseRefused)
	b, query := &bridge{Options: s.options()}, &events.FindReservations{OrderID: "order"}
	remembered, err := b.findRemembered(t.Context(), s.runner, query)
	if err != nil || len(remembered) != 1 {
		t.Fatalf("found %v, %v", remembered, err)
	}
	s.forget(id)
	forgotten, _ := b.findArchived(t.Context(), s.runner, s.namespace, query, remembered)
	if found := merge(s.namespace, remembered, forgotten); len(found.Reservations) != 1 || found.Reservations[0].Archived {
		t.Errorf("found %+v", found.Reservations)
	}
}

// Whoever may not see the reservations of a namespace is told nothing of them by the archive; without
// the journal of the namespace in it, the answer is the journal's.
func TestArchiveAsksWhoMay(t *testing.T) {
	s := newForgetful(t, postgrestest.Shared(t))
	o := s.options()
	id := uuid.NewString()
	ask(t, newBridge(t, o), request(t, http.MethodGet, "/reservations/"+id, "")).wantProblem(http.StatusServiceUnavailable, archiveUnavailable)
	other := newForgetful(t, postgrestest.Shared(t))
	other.runArchive()
	known := other.reserveOne(t, other.bridge, `{"cartId":"cart","orderId":"order","items":[{"productId":"few","quantity":9}]}`, http.StatusConflict).ReservationID()
	other.awaitArchived(stock.ID(known), stock.PhaseRefused)
	o.Archive = other.archive
	for _, path := range []string{"/reservations/" + known, "/reservations/" + id} {
		ask(t, newBridge(t, o), request(t, http.MethodGet, path, "")).wantProblem(http.StatusNotFound, notFound)
	}
	var found found
	ask(t, newBridge(t, o), request(t, http.MethodGet, "/reservations?orderId=order", "")).wantStatus(http.StatusOK).into(&found)
	if len(found.Reservations) != 0 || found.Incomplete {
		t.Errorf("%+v", found)
	}
	other.forget(known)
	o = other.options()
	o.Access = nobodyMay{}
	for _, path := range []string{"/reservations/" + known, "/reservations?orderId=order"} {
		ask(t, newBridge(t, o), request(t, http.MethodGet, path, "", "Authorization", "Bearer x")).wantProblem(http.StatusForbidden, forbidden)
	}
}

// nobodyMay knows everybody, and allows nothing.
type nobodyMay struct{}

func (nobodyMay) Authenticate(context.Context, string) (user.Info, error) {
	return &user.DefaultInfo{Name: "jo"}, nil
}

func (nobodyMay) Allowed(context.Context, user.Info, access.Right) (bool, error) { return false, nil }
