package webhook

import (
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/internal/outcomes"
)

// Defaults of Options.
const (
	DefaultWait      = 10 * time.Second
	DefaultRetention = 24 * time.Hour
)

// StockLevels tells how much there is of a product, from memory.
type StockLevels interface {
	// StockLevel sums one product over the locations of a namespace. It is not
	// known where nobody stocks the product. It must not block.
	StockLevel(namespace, productID string) (available, reserved int64, known bool)
}

// Options are what the bridge works with. All readers and writers are safe for
// concurrent use.
type Options struct {
	// Client writes to the API server. Like the manager's, it must know the kinds
	// that the API server serves by the time that Ready is nil.
	Client client.Writer
	// APIReader reads from the API server.
	APIReader client.Reader
	// Cache reads from the informers, and may be behind.
	Cache client.Reader
	// Board is told of every change of a Reservation that the process learns of.
	Board *outcomes.Board
	// Stock answers for stock levels.
	Stock StockLevels
	// Ready is nil once the views behind Cache and Stock are complete, else why
	// they are not: until then everything is answered 503. It is asked for every
	// request, so it must be cheap.
	Ready func() error
	// DefaultNamespace serves the paths that name no namespace.
	DefaultNamespace string
	// Serves tells whether commands for a namespace are decided here; the others
	// are refused. Nil is all namespaces.
	Serves func(namespace string) bool
	// Retention is how long Reservations are kept at least; commands whose time is
	// longer ago are refused, since nothing would tell that they are repeated.
	// Zero is DefaultRetention.
	Retention time.Duration
	// Wait bounds a command: its writes and the wait for its outcome. Zero is
	// DefaultWait.
	Wait time.Duration
	// Clock tells the age of commands. Nil is the machine's.
	Clock clock.PassiveClock
}

// complete fills in what has a default and refuses what has none.
func (o Options) complete() (Options, error) {
	if o.Client == nil || o.APIReader == nil || o.Cache == nil || o.Board == nil || o.Stock == nil || o.Ready == nil {
		return o, errors.New("the bridge needs Client, APIReader, Cache, Board, Stock and Ready")
	}
	if problems := validation.IsDNS1123Label(o.DefaultNamespace); len(problems) > 0 {
		return o, fmt.Errorf("the bridge's default namespace %q is not the name of a namespace: %s", o.DefaultNamespace, problems[0])
	}
	if o.Wait < 0 || o.Retention < 0 {
		return o, fmt.Errorf("the bridge's wait (%s) and retention (%s) must not be negative", o.Wait, o.Retention)
	}
	if o.Serves == nil {
		o.Serves = func(string) bool { return true }
	}
	if !o.Serves(o.DefaultNamespace) {
		return o, fmt.Errorf("the bridge's default namespace %q is not among those it serves", o.DefaultNamespace)
	}
	if o.Wait == 0 {
		o.Wait = DefaultWait
	}
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	return o, nil
}
