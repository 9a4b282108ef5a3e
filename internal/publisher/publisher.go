package publisher

import (
	"context"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// Options are what a Publisher works with.
type Options struct {
	// Client reads Reservations from a cache and writes their condition Delivered. Required.
	Client client.Client

	// Sink is the http or https URL that events go to, unless the annotation of their Namespace
	// names another one. Empty: nowhere, and every outcome counts as delivered.
	Sink string
	// DeadLetterSink is the http or https URL of what sinks refuse. Optional.
	DeadLetterSink string
	// Released and Consumed have the ends of reservations told, too: that nothing is held any more,
	// and all of it was given back, or some of it shipped. From when it is set on.
	Released, Consumed bool
	// RanOut, Back and Low have changes of stock told: that nothing of a StockItem can be reserved,
	// that something can again, that no more can than its lowStockThreshold.
	RanOut, Back, Low bool
	// SchemasURL is where schemas are served, by which events name theirs as dataschema. Empty: they
	// name none.
	SchemasURL string
	// Overrides are set on every event to the sink.
	Overrides Overrides
	// SinkTokens and DeadLetterTokens tell the sinks who sends; nil for nobody. A sink without
	// TLS is refused then, unless TokensOverHTTP.
	SinkTokens, DeadLetterTokens TokenSource
	TokensOverHTTP               bool
	// Roots are the certificate authorities that sinks are trusted by. Default: the system's.
	Roots *x509.CertPool
	// Show has the object made of a command's reservation, to say there that the sink refuses
	// its event; it does not wait. Optional: without it only objects that are there say so.
	Show func(namespace string, reservation stock.ID)
	// Changed is told when Delivering says something else of a namespace; it does not wait.
	// Optional.
	Changed func(namespace string)
	// Workers is how many events are sent at the same time, over all namespaces. Changes of stock
	// are sent beside them.
	// Default: 16.
	Workers int

	// HTTPClient sends. Default: one that allows 10 s for an attempt and follows only
	// redirects that keep method, scheme and host.
	HTTPClient *http.Client
	// Clock is for retries and metrics. Default: the system's.
	Clock clock.WithTicker
}

// TokenSource gives tokens for one sink, such as those of package bearer.
type TokenSource interface {
	// Token returns one to be sent now.
	Token(ctx context.Context) (string, error)
	// Refused is told that the sink did not take a token.
	Refused(token string)
}

// DefaultWorkers is how many events are sent at the same time.
const DefaultWorkers = 16

// Publisher sends the outcomes of all namespaces of a process. Make it with New.
type Publisher struct {
	options        Options
	sink           *target
	deadLetterSink *target
	random         func(n int64) int64
	afterFailure   backoff
	whileAbsent    backoff
	afterRefusal   backoff
	inTrouble      backoff
	log            logr.Logger
	sayings        sayings
	destinations   destinations
	window         *window
	// lookAhead bounds the outcomes of a namespace that wait for their first attempt, most
	// those that hold the mark, and mostRefused those that it has passed.
	lookAhead, most, mostRefused int
}

// New checks the options. Its errors say which one is wrong and what to give instead.
func New(options Options) (*Publisher, error) {
	if options.Client == nil {
		return nil, errors.New("a publisher needs a Client")
	}
	if options.Workers <= 0 {
		options.Workers = DefaultWorkers
	}
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	if options.HTTPClient == nil {
		options.HTTPClient = newClient(options.Workers, options.Roots)
	}
	options.HTTPClient = traced(options.HTTPClient)
	p := &Publisher{
		options:      options,
		random:       rand.Int64N,
		afterFailure: backoff{base: 200 * time.Millisecond, limit: time.Minute},
		whileAbsent:  backoff{base: 200 * time.Millisecond, limit: 5 * time.Second},
		afterRefusal: backoff{base: 10 * time.Second, limit: 10 * time.Minute},
		inTrouble:    backoff{base: 200 * time.Millisecond, limit: 5 * time.Second},
		log:          logf.Log.WithName("publisher"),
		window:       &window{size: options.Workers},
		lookAhead:    4 * options.Workers,
		most:         10_000,
		mostRefused:  10_000,
	}
	var err error
	if p.sink, err = p.target("sink", options.Sink, options.SinkTokens); err != nil {
		return nil, err
	}
	if p.sink != nil {
		p.sink.overrides = options.Overrides
	}
	if p.deadLetterSink, err = p.target("dead-letter sink", options.DeadLetterSink, options.DeadLetterTokens); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Publisher) target(name, address string, tokens TokenSource) (*target, error) {
	if address == "" {
		return nil, nil
	}
	t, err := newTarget(name, address, p.options.HTTPClient, p.options.Clock)
	if err != nil {
		return nil, err
	}
	t.schemas = p.options.SchemasURL
	return t, t.authenticate(name, tokens, p.options.TokensOverHTTP)
}

// Attend delivers the outcomes of one namespace while this process leads there. It returns
// when ctx ends, and leaves nothing behind: neither goroutines nor metrics.
func (p *Publisher) Attend(ctx context.Context, namespace string, runner *allocator.Runner) {
	p.attend(ctx, namespace, runner)
}

// source is what a publisher asks of an allocator.Runner.
type source interface {
	Terms(ctx context.Context, lead func(ctx context.Context, term uint64))
	Read(read func(*stock.State, *journal.Log))
	News() <-chan struct{}
	Tell(request stock.Request)
}

func (p *Publisher) attend(ctx context.Context, namespace string, from source) {
	c := newCourse(p, namespace, from)
	from.Terms(ctx, func(ctx context.Context, _ uint64) { c.lead(ctx) })
}
