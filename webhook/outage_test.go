package webhook

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/outcomes"
)

// The API server is killed, or hangs: callers are told to come again, in time, and
// the command that comes again is carried out once.
func TestOutage(t *testing.T) {
	cp := controlplanetest.Start(t, controlplane.Options{UnsafeNoFsync: true}, "../config/crd")
	c, err := client.NewWithWatch(cp.RESTConfig(), client.Options{Scheme: newScheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	s := &store{namespace: controlplanetest.Namespace(t, cp), client: c, board: outcomes.NewBoard(), shelf: &shelf{available: map[string]int64{"plenty": 100}, reserved: map[string]int64{}}}
	s.cache = c // there are no informers here: those who decide tell the board
	options := s.options()
	options.Wait = 3 * time.Second
	patient := newBridge(t, s.options())
	bridge := newBridge(t, options)
	outages := map[string]struct{ begin, end func() error }{
		"killed": {cp.KillAPIServer, func() error { return cp.StartAPIServer(t.Context()) }},
		"hangs":  {cp.PauseAPIServer, cp.ResumeAPIServer},
	}
	s.names(t) // by now the client knows the kinds, as a ready operator's does
	for name, outage := range outages {
		t.Run(name, func(t *testing.T) {
			command := commandEvent(events.TypeReserve, name, tinyCart)
			if err := outage.begin(); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			var reserve, release, consume, look answer
			var asking sync.WaitGroup
			asking.Go(func() { reserve = ask(t, bridge, eventRequest(t, modeBinary, "/", command)) })
			asking.Go(func() { release = ask(t, bridge, request(t, http.MethodPost, "/reservations/r/release", "")) })
			asking.Go(func() { consume = ask(t, bridge, request(t, http.MethodPost, "/reservations/r/consume", "")) })
			asking.Go(func() { look = ask(t, bridge, request(t, http.MethodGet, "/reservations/r", "")) })
			level := ask(t, bridge, request(t, http.MethodGet, "/stock/plenty", ""))
			asking.Wait()
			if passed := time.Since(start); passed > options.Wait+2*time.Second {
				t.Errorf("answered after %s", passed)
			}
			if err := outage.end(); err != nil {
				t.Fatal(err)
			}
			for _, got := range []answer{release, consume, look} {
				got.wantProblem(http.StatusServiceUnavailable, tryLater)
			}
			reserve.wantStatus(http.StatusServiceUnavailable)
			level.wantStatus(http.StatusOK) // from memory

			stop := s.decide(t)
			reply := ask(t, patient, eventRequest(t, modeBinary, "/", command)).event()
			stop()
			if r := s.get(t, reply.Subject()); reply.ID() != string(r.UID)+".reserved" {
				t.Errorf("%s", reply)
			}
		})
	}
	if got := s.names(t); len(got) != len(outages) {
		t.Errorf("%d Reservations of %d commands", len(got), len(outages))
	}
}
