package publisher

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Journal keeps the publisher's place.
type Journal interface {
	// RecordProgress takes notice of a namespace's cursor, a resourceVersion, or 0 for
	// none ("send everything"), and of the number of decided outcomes that are not
	// acknowledged. It must not block. It is called at most once a second for a
	// namespace, and once more at the end, and only with news.
	RecordProgress(namespace string, cursor uint64, backlog int64)
}

// Options are what a Publisher works with.
type Options struct {
	// Cache holds Reservations and StockLedgers of all namespaces. Required.
	Cache cache.Cache
	// Client writes the condition Delivered. Required.
	Client client.Client
	// Journal keeps the cursors. Required.
	Journal Journal

	// Sink is the http or https URL that events go to. Empty: nowhere, and every
	// outcome counts as delivered.
	Sink string
	// DeadLetterSink is the http or https URL of what the sink refuses. Optional, and of
	// no use without a sink.
	DeadLetterSink string
	// Workers is how many events are sent at the same time. Default: 16.
	Workers int

	// HTTPClient sends. Default: one that allows 10 s for an attempt and follows only
	// redirects that keep method and scheme.
	HTTPClient *http.Client
	// Clock is for retries and metrics. Default: the system's.
	Clock clock.WithTicker
}

// DefaultWorkers is how many events are sent at the same time.
const DefaultWorkers = 16

// Publisher sends outcomes while this process leads. Make it with New and add it to
// the manager; Delivered may be called at any time from any goroutine.
type Publisher struct {
	options        Options
	sink           *target
	deadLetterSink *target
	random         func(n int64) int64
	afterFailure   backoff
	afterRefusal   backoff
	log            logr.Logger
	health         health

	// Set by Start before anything else runs.
	queue    workqueue.TypedDelayingInterface[types.UID]
	store    toolscache.Store
	lastSync func() string

	mu      sync.Mutex
	tracker *tracker
	// handled counts the events handled.
	handled uint64
}

var (
	_ manager.Runnable               = (*Publisher)(nil)
	_ manager.LeaderElectionRunnable = (*Publisher)(nil)
)

// New checks the options. Its errors say which one is wrong and what to give instead.
func New(options Options) (*Publisher, error) {
	if options.Cache == nil || options.Client == nil || options.Journal == nil {
		return nil, errors.New("a publisher needs a Cache, a Client and a Journal")
	}
	if options.Sink == "" && options.DeadLetterSink != "" {
		return nil, errors.New("a dead-letter sink is set and no sink: set the sink, too, or leave both out")
	}
	if options.Workers <= 0 {
		options.Workers = DefaultWorkers
	}
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	if options.HTTPClient == nil {
		options.HTTPClient = newClient(options.Workers)
	}
	p := &Publisher{
		options:      options,
		random:       rand.Int64N,
		afterFailure: backoff{base: 200 * time.Millisecond, limit: time.Minute},
		afterRefusal: backoff{base: 10 * time.Second, limit: 10 * time.Minute},
		log:          logf.Log.WithName("publisher"),
		tracker:      newTracker(),
	}
	var err error
	if p.sink, err = p.target("sink", options.Sink); err != nil {
		return nil, err
	}
	if p.deadLetterSink, err = p.target("dead-letter sink", options.DeadLetterSink); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Publisher) target(name, address string) (*target, error) {
	if address == "" {
		return nil, nil
	}
	return newTarget(name, address, p.options.HTTPClient, p.options.Clock)
}

// NeedLeaderElection says that only the leader publishes.
func (p *Publisher) NeedLeaderElection() bool { return true }

// Delivered tells whether nothing of this Reservation is left to be published, so that
// it may be deleted: its outcome was taken by the sink or the dead-letter sink, or
// there is no sink, or it ended without an outcome. Where this process cannot know
// (yet), it is false.
func (p *Publisher) Delivered(r *v1.Reservation) bool {
	switch {
	case !r.Decided():
		return r.CurrentPhase().Final()
	case p.sink == nil:
		return true
	case undelivered(r):
		return false
	}
	version, ok := versionOf(r)
	if !ok {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tracker.delivered(r.Namespace, r.UID, version)
}
