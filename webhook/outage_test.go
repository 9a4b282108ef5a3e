package webhook

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

// The API server is killed, or hangs: callers are told to come again, in time, what is
// known is told on, and the command that comes again is carried out once.
func TestOutage(t *testing.T) {
	cp := controlplanetest.Start(t, controlplane.Options{UnsafeNoFsync: true}, "../config/crd")
	s := openStore(t, cp.RESTConfig(), controlplanetest.Namespace(t, cp))
	options := s.options()
	options.Wait = 3 * time.Second
	patient := newBridge(t, s.options())
	bridge := newBridge(t, options)
	outages := map[string]struct{ begin, end func() error }{
		"killed": {cp.KillAPIServer, func() error { return cp.StartAPIServer(t.Context()) }},
		"hangs":  {cp.PauseAPIServer, cp.ResumeAPIServer},
	}
	known := s.reserveOne(t, patient, tinyCart, http.StatusCreated)
	for name, outage := range outages {
		t.Run(name, func(t *testing.T) {
			command := commandEvent(events.TypeReserve, name, tinyCart)
			if err := outage.begin(); err != nil {
				t.Fatal(err)
			}
			var reserve, release, consume, look, level, held answer
			quickly(t, options.Wait+2*time.Second, func() {
				var asking sync.WaitGroup
				asking.Go(func() { reserve = ask(t, bridge, eventRequest(t, modeBinary, "/", command)) })
				asking.Go(func() { release = ask(t, bridge, request(t, http.MethodPost, "/reservations/r/release", "")) })
				asking.Go(func() { consume = ask(t, bridge, request(t, http.MethodPost, "/reservations/r/consume", "")) })
				asking.Go(func() { look = ask(t, bridge, request(t, http.MethodGet, "/reservations/r", "")) })
				level = ask(t, bridge, request(t, http.MethodGet, "/stock/plenty", ""))
				held = ask(t, bridge, request(t, http.MethodGet, "/reservations/"+known.Name, ""))
				asking.Wait()
			})
			if err := outage.end(); err != nil {
				t.Fatal(err)
			}
			for _, got := range []answer{reserve, release, consume, look} {
				got.wantProblem(http.StatusServiceUnavailable, tryLater)
			}
			level.wantStatus(http.StatusOK) // from memory
			held.wantStatus(http.StatusOK)

			var reply answer
			for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
				if reply = ask(t, patient, eventRequest(t, modeBinary, "/", command)); reply.status != http.StatusServiceUnavailable {
					break
				}
			}
			outcome := reply.event()
			if r := s.get(t, outcome.Subject()); outcome.ID() != r.Status.OutcomeID+".reserved" {
				t.Errorf("%s", outcome)
			}
		})
	}
	if got := s.count(); got != 1+len(outages) {
		t.Errorf("%d reservations of %d commands", got, 1+len(outages))
	}
}
