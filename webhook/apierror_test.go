package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/acme/inventory-service/api/events"
)

// What the API server answers a creation with, and what is made of it. The time is
// a bubble's, so that giving up takes none.
func TestRefusedCreation(t *testing.T) {
	resource := schema.GroupResource{Group: "inventory.acme.com", Resource: "reservations"}
	terminating := apierrors.NewForbidden(resource, "r", errors.New("the namespace is being terminated"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	cases := map[string]struct {
		err          error
		plain, event int
		kind         *kind
		// repeated tells whether it is worth another attempt.
		repeated bool
	}{
		"connection refused":    {io.ErrUnexpectedEOF, 503, 503, tryLater, true},
		"wrapped time-out":      {fmt.Errorf("client rate limiter: %w", context.DeadlineExceeded), 503, 503, tryLater, true},
		"unavailable":           {apierrors.NewServiceUnavailable("etcd is away"), 503, 503, tryLater, true},
		"internal":              {apierrors.NewInternalError(io.EOF), 503, 503, tryLater, true},
		"time-out":              {apierrors.NewTimeoutError("slow", 1), 503, 503, tryLater, true},
		"server time-out":       {apierrors.NewServerTimeout(resource, "create", 1), 503, 503, tryLater, true},
		"too many requests":     {apierrors.NewTooManyRequests("busy", 3), 503, 503, tryLater, true},
		"forbidden":             {apierrors.NewForbidden(resource, "r", errors.New("no rights")), 503, 503, tryLater, false},
		"unauthorized":          {apierrors.NewUnauthorized("who?"), 503, 503, tryLater, false},
		"kind not served":       {apierrors.NewGenericServerResponse(404, "POST", resource, "r", "404 page not found", 0, true), 503, 503, tryLater, false},
		"namespace missing":     {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shop"), 404, 422, notFound, false},
		"namespace terminating": {terminating, 404, 422, notFound, false},
		"invalid":               {apierrors.NewInvalid(schema.GroupKind{Kind: "Reservation"}, "r", nil), 400, 400, invalid, false},
		"bad request":           {apierrors.NewBadRequest("strict decoding"), 400, 400, invalid, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				bridge := newBridge(t, offline(t, interceptor.Funcs{
					Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
						attempts++
						return tc.err
					},
				}))
				start := time.Now()
				ask(t, bridge, request(t, http.MethodPost, "/reservations", tinyCart)).wantProblem(tc.plain, tc.kind)
				if repeated := attempts > 1; repeated != tc.repeated {
					t.Errorf("%d attempts", attempts)
				}
				if passed := time.Since(start); passed > DefaultWait || (tc.repeated && passed < DefaultWait/2) {
					t.Errorf("gave up after %s", passed)
				}
				ask(t, bridge, eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "k", tinyCart))).wantProblem(tc.event, tc.kind)
			})
		})
	}
}

// A call that never returns is given up, tried again, and at last told.
func TestCreationHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		bridge := newBridge(t, offline(t, interceptor.Funcs{
			Create: func(ctx context.Context, _ client.WithWatch, _ client.Object, _ ...client.CreateOption) error {
				attempts++
				<-ctx.Done()
				return ctx.Err()
			},
		}))
		start := time.Now()
		told := ask(t, bridge, request(t, http.MethodPost, "/reservations", tinyCart)).wantProblem(http.StatusServiceUnavailable, tryLater)
		if passed := time.Since(start); attempts < 2 || passed > DefaultWait {
			t.Errorf("%d attempts in %s", attempts, passed)
		}
		if told.ReservationID == "" {
			t.Error("does not tell which Reservation may have been made")
		}
	})
}

// While views are incomplete nothing is told from them.
func TestNotReady(t *testing.T) {
	options := offline(t, interceptor.Funcs{})
	var reason error
	options.Ready = func() error { return reason }
	bridge := newBridge(t, options)
	event := commandEvent(events.TypeStockLevelGet, "q", `{"productId":"p"}`)
	for name, fresh := range map[string]func() *http.Request{
		"readyz": func() *http.Request { return request(t, http.MethodGet, "/readyz", "") },
		"stock":  func() *http.Request { return request(t, http.MethodGet, "/stock/p", "") },
		"event":  func() *http.Request { return eventRequest(t, modeBinary, "/", event) },
	} {
		reason = errors.New("stock items are still listed")
		told := ask(t, bridge, fresh()).wantProblem(http.StatusServiceUnavailable, tryLater)
		if !strings.Contains(told.Detail, reason.Error()) {
			t.Errorf("%s: told %q", name, told.Detail)
		}
		reason = nil
		ask(t, bridge, fresh()).wantStatus(http.StatusOK)
	}
	reason = errors.New("stock items are still listed")
	ask(t, bridge, request(t, http.MethodGet, "/healthz", "")).wantStatus(http.StatusOK)
}

// A panic ends in a problem document, and is counted.
func TestPanic(t *testing.T) {
	bridge := newBridge(t, offline(t, interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { panic("boom") },
	}))
	ask(t, bridge, request(t, http.MethodPost, "/reservations", tinyCart)).wantProblem(http.StatusInternalServerError, internal)
}

func TestOptionsAreChecked(t *testing.T) {
	for name, spoil := range map[string]func(*Options){
		"no client":    func(o *Options) { o.Client = nil },
		"no board":     func(o *Options) { o.Board = nil },
		"no readiness": func(o *Options) { o.Ready = nil },
		"no namespace": func(o *Options) { o.DefaultNamespace = "" },
		"bad wait":     func(o *Options) { o.Wait = -1 },
	} {
		options := offline(t, interceptor.Funcs{})
		spoil(&options)
		if _, err := New(options); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
