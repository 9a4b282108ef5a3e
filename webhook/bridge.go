package webhook

import (
	"net/http"
	"slices"
	"strings"

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
	operationExtend      = "extend"
	operationAttach      = "attach"
	operationFind        = "find"
	operationCheck       = "check"
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
		b.route(mux, path, method{http.MethodPost, operationUnknown, b.admitted(b.postEvent)})
		mux.Handle(http.MethodOptions+" "+path, b.endpoint(operationHandshake, handshake))
	}
	for _, prefix := range []string{"", "/namespaces/{namespace}"} {
		event(prefix + "/{$}")
		for path, methods := range b.resources() {
			b.route(mux, prefix+path, methods...)
		}
	}
	event("/namespaces/{namespace}")
	b.route(mux, "/livez", method{http.MethodGet, operationHealth, b.livez})
	b.route(mux, "/healthz", method{http.MethodGet, operationHealth, b.livez}) // its older name
	b.route(mux, "/readyz", method{http.MethodGet, operationHealth, b.readyz})
	nothing := b.endpoint(operationUnknown, stray)
	mux.Handle("/", nothing)
	return &exactly{mux: mux, stray: nothing}
}

// method is what is done for one method of a path.
type method struct {
	name, operation string
	serve           serveFunc
}

// resources are the paths of plain HTTP within a namespace.
func (b *bridge) resources() map[string][]method {
	post := func(operation string, serve serveFunc) method {
		return method{http.MethodPost, operation, plainOnly(b.admitted(serve))}
	}
	get := func(operation string, serve serveFunc) method {
		return method{http.MethodGet, operation, plainOnly(b.admitted(serve))}
	}
	return map[string][]method{
		"/reservations":                       {post(operationReserve, b.postReservation), get(operationFind, b.findReservations)},
		"/reservations/{reservation}":         {get(operationReservation, b.getReservation), {http.MethodPatch, operationAttach, plainOnly(b.admitted(b.patchReservation))}},
		"/reservations/{reservation}/release": {post(operationRelease, b.postRelease)},
		"/reservations/{reservation}/consume": {post(operationConsume, b.postConsume)},
		"/reservations/{reservation}/extend":  {post(operationExtend, b.postExtend)},
		"/orders/{order}/release":             {post(operationRelease, b.postOrderRelease)},
		"/orders/{order}/consume":             {post(operationConsume, b.postOrderConsume)},
		"/stock":                              {get(operationStockLevel, b.getStocks)},
		"/stock/{product}":                    {get(operationStockLevel, b.getStock)},
	}
}

// route serves the methods of a path and refuses all others, and CloudEvents where they are
// not served, in the bridge's own way of telling errors.
func (b *bridge) route(mux *http.ServeMux, path string, methods ...method) {
	var allowed []string
	for _, m := range methods {
		mux.Handle(m.name+" "+path, b.endpoint(m.operation, m.serve))
		allowed = append(allowed, m.name)
		if m.name == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	slices.Sort(allowed)
	allow, operation := strings.Join(allowed, ", "), methods[0].operation
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

// admitted serves what there is room for, of those who are known, here or where it is decided.
func (b *bridge) admitted(serve serveFunc) serveFunc {
	return b.bounded(b.perCaller(b.onceReady(b.known(b.anywhere(noDryRun(serve))))))
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
