package operator

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap/zapcore"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/controllers"
	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/forward"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/lease"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/webhook"
)

// Options are what the flags say.
type Options struct {
	// Version asks for the version alone.
	Version bool
	// Build is the version of this process, which metrics tell.
	Build string

	bridgeAddress                     string
	authentication                    string
	audience                          string
	tlsCertFile                       string
	tlsKeyFile                        string
	forwardAddress                    string
	maxInFlight, maxInFlightPerCaller int
	healthAddress                     string
	metrics                           metricsFlags
	pprofAddress                      string
	defaultNamespace                  string
	namespaces, namespaceSelector     string

	leaderElect             bool
	leaderElectionNamespace string
	leaderElectionID        string
	lease                   lease.Times

	ids                 v1.IDs
	defaultHold         time.Duration
	oneHoldPerCart      bool
	findBy              string
	retention           time.Duration
	show                string
	maxShown            int
	objectRetention     time.Duration
	journalLimit        int64
	journalCompactAbove int64
	journalBandwidth    int
	journalFormat       int
	reply               string
	sink                string
	deadLetterSink      string
	sendReleased        bool
	sendConsumed        bool
	sendRanOut          bool
	sendBack            bool
	sendLow             bool
	sinkOverrides       string
	schemasURL          string
	archive             database.Address
	sinkCAFile          string
	sinkAudience        string
	deadLetterAudience  string
	sinkTokenFile       string
	sinkTokenOverHTTP   bool
	workers             int
	auditInterval       time.Duration

	log zap.Options
}

// ParseFlags reads the command line. Asked for help it tells usage and fails with
// flag.ErrHelp; other errors name the flag that makes no sense.
func ParseFlags(arguments []string, usage io.Writer) (Options, error) {
	var o Options
	flags := o.flags()
	err := flags.Parse(arguments)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(usage)
		fmt.Fprintln(usage, "Usage of inventory-operator:")
		flags.PrintDefaults()
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w: see --help", err)
	case flags.NArg() > 0:
		return o, fmt.Errorf("unknown argument %q: see --help", flags.Arg(0))
	}
	return o, nil
}

// Flags are those of the operator, for documentation.
func Flags() *flag.FlagSet { return new(Options).flags() }

// flags returns the flags that set the options.
func (o *Options) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("inventory-operator", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // an error is one line
	flags.BoolVar(&o.Version, "version", false, "print the version, and do nothing else")
	for _, bind := range []func(*flag.FlagSet){
		o.bindBridge, o.bindScope, o.bindElection, o.bindCarts, o.bindObjects, o.bindJournal, o.bindOutcomes, o.bindSinks, o.metrics.bind,
	} {
		bind(flags)
	}
	o.archive.Application = "inventory-bridge"
	o.archive.Bind(flags, "archive-url", "the Inventory Database, or a read-only replica of it, in which the bridge looks for what journals have forgotten")
	ctrlconfig.RegisterFlags(flags)
	o.log.StacktraceLevel = zapcore.PanicLevel // errors say where they come from
	o.log.BindFlags(flags)
	return flags
}

// bindBridge binds the flags of the bridge and of what else is served.
func (o *Options) bindBridge(flags *flag.FlagSet) {
	flags.StringVar(&o.bridgeAddress, "bridge-address", webhook.DefaultAddress,
		"address of the bridge for CloudEvents and plain HTTP")
	flags.StringVar(&o.authentication, "authentication", authenticateTokens,
		"how callers of the bridge are known: tokenreview, by bearer tokens that the API server reviews, after which RBAC says what they may do; "+
			"or none: whoever reaches the bridge may do everything")
	flags.StringVar(&o.audience, "audience", defaultAudience,
		"audiences of which a caller's token has to be made for one, separated by commas")
	flags.StringVar(&o.tlsCertFile, "tls-cert-file", "",
		"file with the certificate of the bridge, and what it is signed by, in PEM; empty serves without TLS. It is read again when it changes")
	flags.StringVar(&o.tlsKeyFile, "tls-private-key-file", "", "file with the private key for --tls-cert-file, in PEM")
	flags.IntVar(&o.maxInFlight, "max-in-flight", webhook.DefaultMaxInFlight,
		"requests that the bridge serves at a time, a batch counting as many as it has events; more are answered 429 with Retry-After")
	flags.IntVar(&o.maxInFlightPerCaller, "max-in-flight-per-caller", webhook.DefaultMaxInFlightPerCaller,
		"those of one caller")
	flags.StringVar(&o.forwardAddress, "forward-address", forward.DefaultAddress,
		"address where other replicas forward commands to while this one leads, under a key that is made at each start; without a host, "+
			"they are told $POD_IP or else this machine's name. Empty or 0 turns it off: commands to a replica that does not lead are answered 503")
	flags.StringVar(&o.healthAddress, "health-address", "0",
		"address of /livez and /readyz by themselves, beside those of the bridge; empty or 0 turns it off")
	flags.StringVar(&o.pprofAddress, "pprof-address", "0", "address of /debug/pprof, for profiling; empty or 0 turns it off")
	flags.StringVar(&o.reply, "reply", string(webhook.ReplyAuto),
		"which commands that are CloudEvents are answered with their outcome's event: always, never, or auto: those whose outcome goes to no sink, "+
			"and those that say Prefer: return=representation. The others are answered 202")
	flags.StringVar(&o.schemasURL, "schemas-url", "",
		"URL at which consumers reach /schemas of the bridge: every event names the schema of its payload below it as dataschema. Empty names none")
}

// bindScope binds the flags that say where this process works.
func (o *Options) bindScope(flags *flag.FlagSet) {
	flags.StringVar(&o.defaultNamespace, "default-namespace", "default",
		"namespace of commands whose path names none")
	flags.StringVar(&o.namespaces, "namespaces", "",
		"namespaces to work in, separated by commas; empty is all. Each may be worked in by one deployment only, and may be made later")
	flags.StringVar(&o.namespaceSelector, "namespace-selector", "",
		"labels of the namespaces to work in, such as inventory.acme.com/shard=a, instead of --namespaces; what gains or loses them is taken up or "+
			"given up at once. Each may be worked in by one deployment only")
}

// bindElection binds the flags of the lease.
func (o *Options) bindElection(flags *flag.FlagSet) {
	flags.BoolVar(&o.leaderElect, "leader-elect", true,
		"let one replica at a time decide; without it replicas only waste each other's work")
	flags.StringVar(&o.leaderElectionNamespace, "leader-election-namespace", "",
		"namespace of the lease; empty is the pod's own")
	flags.StringVar(&o.leaderElectionID, "leader-election-id", "inventory-operator", "name of the lease")
	flags.DurationVar(&o.lease.Duration, "lease-duration", 6*time.Second,
		"how long the others wait for a leader that does not renew; short is safe here")
	flags.DurationVar(&o.lease.RenewDeadline, "renew-deadline", 4*time.Second, "how long the leader tries to renew before it gives up")
	flags.DurationVar(&o.lease.RetryPeriod, "retry-period", 300*time.Millisecond,
		"how often the lease is renewed and tried for; up to 2.2 of these pass before a released one is noticed")
}

// bindCarts binds the flags of what is decided and remembered.
func (o *Options) bindCarts(flags *flag.FlagSet) {
	flags.StringVar((*string)(&o.ids), "ids", string(v1.UUIDs),
		"which ids of products, carts, customers and orders are taken: uuid, as the published schemas say, or any "+
			"(1 to 128 printable characters)")
	flags.DurationVar(&o.defaultHold, "default-hold", 15*time.Minute, "how long a Reservation without holdFor holds, 1s to 24h")
	flags.BoolVar(&o.oneHoldPerCart, "one-hold-per-cart", false,
		"let a new hold of a cart take the place of its older one, of which nothing was shipped and that belongs to no other order; "+
			"the annotation "+v1.OneHoldAnnotation+" of a Namespace says otherwise for it, where carts are found by (--find-by)")
	flags.StringVar(&o.findBy, "find-by", "order,cart",
		"what reservations are found by besides their id: order, cart, or both; each takes about 30 bytes of memory for a remembered one. Empty is nothing")
	flags.DurationVar(&o.retention, "retention", 24*time.Hour,
		"how long a finished Reservation is remembered; longer than any redelivery of a command")
	flags.DurationVar(&o.auditInterval, "audit-interval", 5*time.Minute,
		"how often the figures of a namespace are checked against what is stored, less often where reading that takes long; 0 only on demand")
}

// bindObjects binds the flags of the Reservation objects.
func (o *Options) bindObjects(flags *flag.FlagSet) {
	flags.StringVar(&o.show, "show", string(controllers.ShowHeld),
		"which carts of the bridge become Reservation objects: held, all (refused ones too), or none; every one is found by id")
	flags.IntVar(&o.maxShown, "max-shown", 20_000,
		"about how many carts of the bridge have an object in a namespace, those that have ended going first; 0 is no bound")
	flags.DurationVar(&o.objectRetention, "object-retention", time.Hour,
		"how long the object of a finished cart of the bridge is kept, --retention at most")
	flags.IntVar(&o.workers, "workers", 256,
		"maximum number of Reservation objects reconciled at the same time; it bounds how many carts that are objects share one write")
}

// bindJournal binds the flags of the journals.
func (o *Options) bindJournal(flags *flag.FlagSet) {
	flags.Int64Var(&o.journalLimit, "journal-limit", 64<<20,
		"bytes of a namespace's journal that count at most, at least 8388608: beyond it what is finished is forgotten before --retention")
	flags.Int64Var(&o.journalCompactAbove, "journal-compact-above", 1<<20,
		"bytes of a namespace's journal, uncompressed, up to which nothing in it is compacted, at least 16384")
	flags.IntVar(&o.journalBandwidth, "journal-bandwidth", 600_000,
		"bytes that are appended to a namespace's journal in a second at most, at least 65536; more carts wait for each other instead")
	flags.IntVar(&o.journalFormat, "journal-format", max(journal.OldestFormat, journal.Format-1),
		fmt.Sprintf("format that journals are written in, %d to %d; the newest once no operator is left that does not know it",
			journal.OldestFormat, journal.Format))
}

// bindOutcomes binds the flags of the events that are sent.
func (o *Options) bindOutcomes(flags *flag.FlagSet) {
	flags.BoolVar(&o.sendReleased, "send-released", false,
		"send the sink an event when a reservation has ended and all of it was given back, or ran out; for those that end from now on")
	flags.BoolVar(&o.sendConsumed, "send-consumed", false,
		"send the sink an event when a reservation has ended and some of it was shipped; for those that end from now on")
	flags.BoolVar(&o.sendRanOut, "send-stock-ran-out", false, "send the sink an event when nothing of a StockItem can be reserved any more")
	flags.BoolVar(&o.sendBack, "send-stock-back", false, "send the sink an event when something can be reserved again")
	flags.BoolVar(&o.sendLow, "send-stock-low", false,
		"send the sink an event when no more of a StockItem can be reserved than its lowStockThreshold, once until there is more again")
}

// bindSinks binds the flags of where outcomes go, and as whose.
func (o *Options) bindSinks(flags *flag.FlagSet) {
	flags.StringVar(&o.sink, "sink", os.Getenv("K_SINK"),
		"URL that outcomes are sent to as CloudEvents; empty sends none (default $K_SINK)")
	flags.StringVar(&o.deadLetterSink, "dead-letter-sink", "", "URL for outcomes that the sink refuses for good")
	flags.StringVar(&o.sinkOverrides, "sink-overrides", os.Getenv("K_CE_OVERRIDES"),
		`extensions that are set on every event to the sink, as JSON like {"extensions":{"name":"value"}} (default $K_CE_OVERRIDES)`)
	flags.StringVar(&o.sinkCAFile, "sink-ca-file", "",
		"file of certificates in PEM by which sinks are trusted, beside the system's and $K_CA_CERTS; read at start")
	flags.StringVar(&o.sinkAudience, "sink-audience", "",
		"audience of the token that the sink is sent, asked of the API server for this process's own ServiceAccount; empty sends the one of "+
			"--sink-token-file, if any")
	flags.StringVar(&o.deadLetterAudience, "dead-letter-sink-audience", "", "the same for the dead-letter sink")
	flags.StringVar(&o.sinkTokenFile, "sink-token-file", boundTokenFile(),
		"file of the token that the sink is sent, read again for each event (default "+knativeTokenFile+" where a SinkBinding has put one)")
	flags.BoolVar(&o.sinkTokenOverHTTP, "sink-token-over-http", false, "send tokens to sinks without TLS, too, where everybody on the way can read them")
}

func (o Options) showing() controllers.Showing {
	return controllers.Showing{Mode: controllers.ShowMode(o.show), Max: o.maxShown, Retention: o.objectRetention}
}

// What reservations can be found by.
const (
	findByOrder = "order"
	findByCart  = "cart"
)

func (o Options) foundBy() []string {
	if o.findBy == "" {
		return nil
	}
	return strings.Split(o.findBy, ",")
}

// index is what reservations are found by. Without carts, the older hold of one is not found.
func (o Options) index() stock.Index {
	return stock.Index{
		Carts:  slices.Contains(o.foundBy(), findByCart) || o.oneHoldPerCart,
		Orders: slices.Contains(o.foundBy(), findByOrder),
	}
}

// identity is the readable part of this process's name in the lease, in page headers and in the
// LEADER column of the StockLedger: the pod's name, or else the machine's.
func (o Options) identity() string {
	if name := os.Getenv("POD_NAME"); name != "" {
		return name
	}
	name, err := os.Hostname()
	if err != nil {
		return "inventory-operator"
	}
	return name
}
