package webhook

import (
	"net/http"

	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/acme/inventory-service/api/events"
)

// bridge holds what the handlers share. It is not changed after New.
type bridge struct {
	Options
	log       *operatorLog
	proofs    *prover
	reigns    *reigns
	admission *admission
	decode    events.Decoder
}

// New makes the bridge's handler. It fails where an option is missing.
func New(options Options) (http.Handler, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	b := &bridge{
		Options: options, log: newOperatorLog(ctrllog.Log.WithName("bridge")), proofs: newProver(options.Wait), reigns: newReigns(),
		admission: newAdmission(options.MaxInFlight, options.MaxInFlightPerCaller), decode: events.Decoder{IDs: options.IDs},
	}
	return b.routes(), nil
}

// The operations, as metrics name them.
const (
	operationReserve     = "reserve"
	operationRelease     = "release"
	operationConsume     = "consume"
	operationStockLevel  = "stocklevel"
	operationReservation = "reservation"
	operationHealth      = "health"
	operationHandshake   = "handshake"
	operationBatch       = "batch"
	// operationUnknown is a request whose operation cannot be told.
	operationUnknown = "unknown"
)

// routes lists every path of the bridge. Paths without a namespace mean the
// default one.
func (b *bridge) routes() http.Handler {
	mux := http.NewServeMux()
	event := func(path string) {
		b.route(mux, http.MethodPost, path, operationUnknown, b.admitted(b.postEvent))
		mux.Handle(http.MethodOptions+" "+path, b.endpoint(operationHandshake, handshake))
	}
	post := func(path, operation string, serve serveFunc) {
		b.route(mux, http.MethodPost, path, operation, plainOnly(b.admitted(serve)))
	}
	get := func(path, operation string, serve serveFunc) {
		b.route(mux, http.MethodGet, path, operation, plainOnly(b.admitted(serve)))
	}
	for _, prefix := range []string{"", "/namespaces/{namespace}"} {
		event(prefix + "/{$}")
		post(prefix+"/reservations", operationReserve, b.postReservation)
		post(prefix+"/reservations/{reservation}/release", operationRelease, b.postRelease)
		post(prefix+"/reservations/{reservation}/consume", operationConsume, b.postConsume)
		get(prefix+"/reservations/{reservation}", operationReservation, b.getReservation)
		get(prefix+"/stock/{product}", operationStockLevel, b.getStock)
	}
	event("/namespaces/{namespace}")
	b.route(mux, http.MethodGet, "/healthz", operationHealth, b.healthz)
	b.route(mux, http.MethodGet, "/readyz", operationHealth, b.readyz)
	nothing := b.endpoint(operationUnknown, stray)
	mux.Handle("/", nothing)
	return &exactly{mux: mux, stray: nothing}
}

// route serves one method of a path and refuses all others, and CloudEvents where they are
// not served, in the bridge's own way of telling errors.
func (b *bridge) route(mux *http.ServeMux, method, path, operation string, serve serveFunc) {
	mux.Handle(method+" "+path, b.endpoint(operation, serve))
	allow := method
	if method == http.MethodGet {
		allow += ", " + http.MethodHead
	}
	events := operation == operationUnknown // they are served here
	if events {
		allow = allowedForEvents
	}
	refuse := func(x *exchange, r *http.Request) error {
		x.Header().Set("Allow", allow)
		return fail(methodNotAllowed, "%s is not served here; use %s", clip(r.Method, 20), allow)
	}
	if !events {
		refuse = plainOnly(refuse)
	}
	mux.Handle(path, b.endpoint(operation, refuse))
}

// admitted serves what there is room for, here or where it is decided.
func (b *bridge) admitted(serve serveFunc) serveFunc {
	return b.bounded(b.perCaller(b.onceReady(b.anywhere(serve))))
}

// onceReady serves nothing before this process knows its namespaces: products would be
// told to be unknown that are stocked in one of them.
func (b *bridge) onceReady(serve serveFunc) serveFunc {
	return func(x *exchange, r *http.Request) error {
		if err := b.Ready(); err != nil {
			x.tellNotLeading()
			return fail(tryLater, "not ready: %v", err)
		}
		var err error
		if x.after, err = requestedPosition(r.Header); err != nil {
			return err
		}
		return serve(x, r)
	}
}
