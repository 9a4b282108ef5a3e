package webhook

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	v1 "github.com/acme/inventory-service/api/v1"
)

var errLost = errors.New("connection reset by peer")

// A creation whose answer is lost is found by the next attempt.
func TestLostAnswerOfCreate(t *testing.T) {
	s := newStore(t)
	s.decide(t)
	for name, landed := range map[string]bool{"landed": true, "did not land": false} {
		t.Run(name, func(t *testing.T) {
			var creates atomic.Int32
			options := s.options()
			options.Client = interceptor.NewClient(s.client, interceptor.Funcs{
				Create: func(ctx context.Context, c client.WithWatch, obj client.Object, opts ...client.CreateOption) error {
					if creates.Add(1) > 1 {
						return c.Create(ctx, obj, opts...)
					}
					if landed {
						if err := c.Create(ctx, obj, opts...); err != nil {
							return err
						}
					}
					return errLost
				},
			})
			before := len(s.names(t))
			r := s.reserveOne(t, newBridge(t, options), tinyCart, http.StatusCreated)
			if got := len(s.names(t)); got != before+1 || creates.Load() != 2 || r.Status.Phase != v1.PhaseReserved {
				t.Errorf("%d Reservations after %d, %d attempts, %s", got, before, creates.Load(), r.Status.Phase)
			}
		})
	}
}

// A release or consume whose answer is lost, or whose first look was at an old
// version, is carried out once.
func TestChangesOverFaults(t *testing.T) {
	s := newStore(t)
	s.decide(t)
	patches := func(fault func(ctx context.Context, patch func() error) error) (client.Writer, *atomic.Int32) {
		var n atomic.Int32
		return interceptor.NewClient(s.client, interceptor.Funcs{
			Patch: func(ctx context.Context, c client.WithWatch, obj client.Object, patch client.Patch, opts ...client.PatchOption) error {
				send := func() error { return c.Patch(ctx, obj, patch, opts...) }
				if n.Add(1) > 1 {
					return send()
				}
				return fault(ctx, send)
			},
		}), &n
	}
	cases := map[string]struct {
		fault func(ctx context.Context, send func() error) error
		// touched lets the cache be behind the API server, undecided lets it show no
		// outcome yet.
		touched, undecided bool
		sent               int32
	}{
		"landed, answer lost": {sent: 1, fault: func(_ context.Context, send func() error) error {
			if err := send(); err != nil {
				return err
			}
			return errLost
		}},
		"did not land":           {sent: 2, fault: func(context.Context, func() error) error { return errLost }},
		"cache was behind":       {sent: 2, touched: true, fault: func(_ context.Context, send func() error) error { return send() }},
		"cache shows it pending": {sent: 1, touched: true, undecided: true, fault: func(_ context.Context, send func() error) error { return send() }},
		"nothing goes awry":      {sent: 1, fault: func(_ context.Context, send func() error) error { return send() }},
	}
	changes := map[string]struct {
		operation, body string
		phase           v1.Phase
	}{
		"release":      {"/release", `{"reason":"EXPIRED"}`, v1.PhaseReleased},
		"release part": {"/release", `{"items":[{"productId":"plenty","quantity":4}]}`, v1.PhaseReserved},
		"consume":      {"/consume", ``, v1.PhaseConsumed},
		"consume part": {"/consume", `{"items":[{"productId":"plenty","quantity":4}]}`, v1.PhaseReserved},
	}
	for name, tc := range cases {
		for operation, change := range changes {
			t.Run(operation+", "+name, func(t *testing.T) {
				options := s.options()
				r := s.reserveOne(t, newBridge(t, options), wideCart, http.StatusCreated)
				writer, sent := patches(tc.fault)
				options.Client = writer
				cached := r.DeepCopy()
				if tc.undecided {
					cached.Status = v1.ReservationStatus{Phase: v1.PhasePending}
				}
				options.Cache = frozen{cached}
				if tc.touched {
					s.touch(t, r)
				}
				var told struct{ Phase v1.Phase }
				ask(t, newBridge(t, options), request(t, http.MethodPost, "/reservations/"+r.Name+change.operation, change.body)).wantStatus(http.StatusOK).into(&told)
				if sent.Load() != tc.sent || told.Phase != change.phase {
					t.Errorf("%d patches, want %d; %+v", sent.Load(), tc.sent, told)
				}
			})
		}
	}
}

// touch makes a newer version of a Reservation, and returns when the board has told
// of it: who subscribes afterwards does not hear of it.
func (s *store) touch(t *testing.T, r *v1.Reservation) {
	t.Helper()
	sub := s.board.Watch(client.ObjectKeyFromObject(r))
	defer sub.Close()
	was := r.DeepCopy()
	patch := []byte(`{"metadata":{"labels":{"touched":"yes"}}}`)
	if err := s.client.Patch(t.Context(), r, client.RawPatch(types.MergePatchType, patch)); err != nil {
		t.Fatal(err)
	}
	if _, err := sub.Wait(t.Context(), was, func(r *v1.Reservation) bool { return r.Labels["touched"] == "yes" }); err != nil {
		t.Fatal(err)
	}
}

// frozen is a cache that is behind: it has one Reservation as it was.
type frozen struct{ was *v1.Reservation }

func (f frozen) Get(_ context.Context, _ client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	f.was.DeepCopyInto(obj.(*v1.Reservation))
	return nil
}

func (f frozen) List(context.Context, client.ObjectList, ...client.ListOption) error {
	return errors.ErrUnsupported
}

// A cache that still has what was deleted, or shows as pending what was decided,
// tells nobody so.
func TestCacheBehind(t *testing.T) {
	s := newStore(t)
	s.decide(t)
	options := s.options()
	r := s.reserveOne(t, newBridge(t, options), tinyCart, http.StatusCreated)
	old := r.DeepCopy()
	old.Status = v1.ReservationStatus{Phase: v1.PhasePending}
	options.Cache = frozen{old}
	bridge := newBridge(t, options)
	var view reservationView
	if ask(t, bridge, request(t, http.MethodGet, "/reservations/"+r.Name, "")).wantStatus(http.StatusOK).into(&view); view.Phase != v1.PhaseReserved {
		t.Errorf("told %s", view.Phase)
	}
	if err := s.client.Delete(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	ask(t, bridge, request(t, http.MethodGet, "/reservations/"+r.Name, "")).wantProblem(http.StatusNotFound, notFound)
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+r.Name+"/release", "")).wantProblem(http.StatusNotFound, notFound)
}

// A refusal is by what is stored, not by what a cache still shows.
func TestNothingRefusedByAnOldVersion(t *testing.T) {
	s := newStore(t)
	s.decide(t)
	options := s.options()
	old := s.reserveOne(t, newBridge(t, options), tinyCart, http.StatusCreated).DeepCopy()
	ask(t, newBridge(t, options), request(t, http.MethodPost, "/reservations/"+old.Name+"/release", "")).wantStatus(http.StatusOK)
	options.Cache = frozen{old}
	const tooMuch = `{"items":[{"productId":"plenty","quantity":100}]}`
	ask(t, newBridge(t, options), request(t, http.MethodPost, "/reservations/"+old.Name+"/consume", tooMuch)).wantProblem(http.StatusConflict, notReserved)
}

// A caller that hangs up ends the wait.
func TestCallerGone(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	watch, err := s.client.Watch(t.Context(), &v1.ReservationList{}, client.InNamespace(s.namespace))
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	ctx, hangUp := context.WithCancel(t.Context())
	done := make(chan answer)
	go func() {
		done <- ask(t, bridge, request(t, http.MethodPost, "/reservations", tinyCart).WithContext(ctx))
	}()
	<-watch.ResultChan()
	hangUp()
	if got := <-done; got.status != http.StatusAccepted && got.status != http.StatusServiceUnavailable {
		t.Errorf("status %d", got.status)
	}
	if n := s.board.Waiting(); n != 0 {
		t.Errorf("%d subscriptions are left", n)
	}
}
