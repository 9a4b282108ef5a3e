package webhook

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/contract"
)

// bridge holds what the handlers share. It is not changed after New.
type bridge struct {
	Options
	log       *operatorLog
	proofs    *prover
	leaders   *leaderWatches
	admission *admission
	decode    events.Decoder
	messages  map[string]eventFunc
}

// New makes the bridge's handler. It fails where an option is missing.
func New(options Options) (http.Handler, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	b := &bridge{
		Options: options, log: newOperatorLog(ctrllog.Log.WithName("bridge")), proofs: newProver(options.Wait), leaders: newLeaderWatches(),
		admission: newAdmission(options.MaxInFlight, options.MaxInFlightPerCaller), decode: events.Decoder{IDs: options.IDs},
	}
	if b.messages, err = b.messageHandlers(); err != nil {
		return nil, err
	}
	return b.routes()
}

// The operations, as metrics name them, by short names.
const (
	operationReserve     = contract.OperationReserve
	operationRelease     = contract.OperationRelease
	operationConsume     = contract.OperationConsume
	operationStockLevel  = contract.OperationStockLevel
	operationReservation = contract.OperationReservation
	operationExtend      = contract.OperationExtend
	operationAttach      = contract.OperationAttach
	operationFind        = contract.OperationFind
	operationCheck       = contract.OperationCheck
	operationHealth      = contract.OperationHealth
	operationHandshake   = contract.OperationHandshake
	operationBatch       = contract.OperationBatch
	// operationUnknown is a request whose operation cannot be told.
	operationUnknown = contract.OperationUnknown
)

// handlers are what serves each route of the contract, by its id.
func (b *bridge) handlers() (map[string]serveFunc, error) {
	documents, err := b.documents()
	if err != nil {
		return nil, err
	}
	handlers := map[string]serveFunc{
		contract.RouteEvents:           b.postEvent,
		contract.RouteHandshake:        handshake,
		contract.RouteReserve:          b.postReservation,
		contract.RouteFind:             b.findReservations,
		contract.RouteReservation:      b.getReservation,
		contract.RouteAttach:           b.patchReservation,
		contract.RouteRelease:          b.postRelease,
		contract.RouteConsume:          b.postConsume,
		contract.RouteExtend:           b.postExtend,
		contract.RouteReleaseOrder:     b.postOrderRelease,
		contract.RouteConsumeOrder:     b.postOrderConsume,
		contract.RouteStockLevels:      b.getStocks,
		contract.RouteStockLevel:       b.getStock,
		contract.RouteAlive:            b.livez,
		contract.RouteAliveByOlderName: b.livez,
		contract.RouteReady:            b.readyz,
	}
	maps.Copy(handlers, documents)
	return handlers, nil
}

// routes registers every route of the contract. Paths without a namespace mean the default one.
func (b *bridge) routes() (http.Handler, error) {
	handlers, err := b.handlers()
	if err != nil {
		return nil, err
	}
	if len(handlers) != len(contract.Routes()) {
		return nil, errors.New("the bridge serves routes that the contract does not have")
	}
	mux := http.NewServeMux()
	byPath := map[string][]contract.Route{}
	for _, route := range contract.Routes() {
		if handlers[route.ID] == nil {
			return nil, fmt.Errorf("nothing serves the route %s", route.ID)
		}
		paths := route.Paths()
		if inner, all := strings.CutSuffix(paths[len(paths)-1], "/{$}"); all && route.Namespaced {
			paths = append(paths, inner) // with a slash at its end or without
		}
		for _, path := range paths {
			byPath[path] = append(byPath[path], route)
		}
	}
	for path, routes := range byPath {
		b.route(mux, path, routes, handlers)
	}
	nothing := b.endpoint(operationUnknown, stray)
	mux.Handle("/", nothing)
	return &exactly{mux: mux, stray: nothing}, nil
}

// guarded is what is done before a route is served.
func (b *bridge) guarded(route contract.Route, serve serveFunc) serveFunc {
	switch {
	case route.Operation == contract.OperationDocument:
		return plainOnly(b.withRoom(b.perCaller(serve)))
	case route.Public:
		return serve
	case route.ByEvent():
		return b.admitted(serve)
	default:
		return plainOnly(b.admitted(serve))
	}
}

// route serves the routes of a path and refuses all other methods, and CloudEvents where they are
// not served, in the bridge's own way of telling errors.
func (b *bridge) route(mux *http.ServeMux, path string, routes []contract.Route, handlers map[string]serveFunc) {
	var allowed []string
	for _, r := range routes {
		mux.Handle(r.Method+" "+path, b.endpoint(r.Operation, b.guarded(r, handlers[r.ID])))
		allowed = append(allowed, r.Method)
		if r.Method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	slices.Sort(allowed)
	allow, events := strings.Join(allowed, ", "), routes[0].ByEvent()
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
	mux.Handle(path, b.endpoint(routes[0].Operation, refuse))
}

// admitted serves what there is room for, of those who are known, here or where it is decided.
func (b *bridge) admitted(serve serveFunc) serveFunc {
	return b.withRoom(b.perCaller(b.onceReady(b.authenticated(b.atLeader(noDryRun(serve))))))
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
