package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/archive/lookup"
	"github.com/acme/inventory-service/internal/forward"
	"github.com/acme/inventory-service/internal/journal"
)

// Defaults of Options.
const (
	DefaultWait = 10 * time.Second
	DefaultHold = 15 * time.Minute
)

// Options are what the bridge works with. All of it is safe for concurrent use.
type Options struct {
	// Namespaces have the journals.
	Namespaces Namespaces
	// Objects reads Reservations, StockItems, JournalPages and Namespaces past the caches.
	Objects client.Reader
	// NameOf is the name of the Reservation with a uid that a person or Git made, empty where
	// the caches know none. Nil: such Reservations are found by their names alone until they
	// are decided.
	NameOf func(ctx context.Context, namespace, uid string) (string, error)
	// Ready returns nil once this process knows the namespaces that it works in, else why it does
	// not. Until then commands, queries and /readyz are answered 503. It is called for each of
	// them, so it must be cheap.
	Ready func() error
	// Checks are what /readyz?verbose lists.
	Checks []Check
	// DefaultNamespace serves the paths that name no namespace.
	DefaultNamespace string
	// Serves tells whether commands for a namespace are decided here; the others
	// are refused. Nil is all namespaces.
	Serves func(namespace string) bool
	// IDs are those of products, carts, customers and orders that are taken.
	IDs v1.IDs
	// Reply says which CloudEvents are answered with an event. Zero is ReplyAuto. Sends tells
	// whether the outcomes of a namespace are sent to a sink; nil is none.
	Reply Reply
	Sends func(namespace string) bool
	// SendsReleased and SendsConsumed say that it is sent, too, when a reservation has ended so.
	SendsReleased, SendsConsumed bool
	// SchemasURL is where the schemas are served, by which events name theirs as dataschema. Empty: they
	// name none.
	SchemasURL string
	// OneHold tells whether a new hold takes the place of an older one of its cart in a
	// namespace, unasked. Nil is never.
	OneHold func(namespace string) bool
	// DefaultHold is how long a cart is held that does not say it. Zero is the constant.
	DefaultHold time.Duration
	// Access tells who asks and what they may do; nil asks nobody who they are and lets everybody
	// do everything.
	Access Access
	// Archive tells what journals have forgotten; nil where nothing does. It is asked after the
	// journal, and nothing that is decided waits for it.
	Archive *lookup.Archive
	// Forward sends what another process decides there, and Self is how this process presents
	// itself in journals. Without Forward such requests are answered 503, once nobody has been
	// elected here for a moment.
	Forward *forward.Client
	Self    journal.Leader
	// MaxInFlight bounds the requests that are served at a time, MaxInFlightPerCaller those of
	// one caller. A batch counts as many as it has events, and a command about an order as many
	// as the reservations that it changes at a time. Zero are the constants.
	MaxInFlight, MaxInFlightPerCaller int
	// Wait bounds a request from the moment its message was read. Zero is DefaultWait.
	Wait time.Duration
}

// complete fills in what has a default and refuses what has none.
func (o Options) complete() (Options, error) {
	if o.Namespaces == nil || o.Objects == nil || o.Ready == nil {
		return o, errors.New("the bridge needs Namespaces, Objects and Ready")
	}
	if problems := validation.IsDNS1123Label(o.DefaultNamespace); len(problems) > 0 {
		return o, fmt.Errorf("the bridge's default namespace %q is not the name of a namespace: %s", o.DefaultNamespace, problems[0])
	}
	if o.Wait < 0 || o.DefaultHold < 0 {
		return o, fmt.Errorf("the bridge's wait (%s) and default hold (%s) must not be negative", o.Wait, o.DefaultHold)
	}
	if o.Reply != "" && !slices.Contains(Replies(), o.Reply) {
		return o, fmt.Errorf("the bridge's reply is %q: give %s, %s or %s", o.Reply, ReplyAuto, ReplyAlways, ReplyNever)
	}
	if o.Serves == nil {
		o.Serves = func(string) bool { return true }
	}
	if o.Sends == nil {
		o.Sends = func(string) bool { return false }
	}
	if !o.Serves(o.DefaultNamespace) {
		return o, fmt.Errorf("the bridge's default namespace %q is not among those it serves", o.DefaultNamespace)
	}
	if o.MaxInFlight < 0 || o.MaxInFlightPerCaller < 0 {
		return o, fmt.Errorf("the bridge's bounds of requests in flight (%d, %d for each caller) must not be negative", o.MaxInFlight, o.MaxInFlightPerCaller)
	}
	if o.MaxInFlight == 0 {
		o.MaxInFlight = DefaultMaxInFlight
	}
	if o.MaxInFlightPerCaller == 0 {
		o.MaxInFlightPerCaller = DefaultMaxInFlightPerCaller
	}
	if o.Wait == 0 {
		o.Wait = DefaultWait
	}
	if o.DefaultHold == 0 {
		o.DefaultHold = DefaultHold
	}
	return o, nil
}
