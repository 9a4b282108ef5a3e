package namespaces_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, "../../config/crd")) }

// shop is a Set over a real API server.
type shop struct {
	*namespaces.Set
	t      *testing.T
	reader client.Client
	// stop ends the Set.
	stop context.CancelFunc
	// attended counts the attendants that run, requests what the runners send.
	attended, requests atomic.Int64
	// causes are why attendants ended; it has room for all of a test.
	causes chan error
}

// ours leaves out the namespaces that are labelled as somebody else's.
var ours = labels.SelectorFromSet(nil).Add(*must(labels.NewRequirement("theirs", selection.DoesNotExist, nil)))

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func newShop(t *testing.T) *shop {
	s := &shop{t: t, causes: make(chan error, 64)}
	config := rest.CopyConfig(controlplanetest.Shared(t).RESTConfig())
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.reader, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		t.Fatal(err)
	}
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return counter{s, next} })
	pages, err := journal.NewClient(config, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Set = namespaces.New(namespaces.Options{
		Runner: allocator.RunnerOptions{
			Client: pages, Now: time.Now, Policy: fixture.Policy(),
			Config: journal.Config{
				Self: journal.Leader{Name: "p"}, Process: uuid.NewString(), Fill: 16 << 10, MaxPage: 512 << 10, Spare: 4,
				WriteFormat: journal.Format, Pack: journal.Pack,
			},
		},
		Scope: namespaces.Scope{Selector: ours},
		Read:  namespaces.Read(s.reader), Pages: namespaces.Pages(s.reader),
	})
	s.Attend(func(ctx context.Context, _ string, _ *allocator.Runner) {
		s.attended.Add(1)
		<-ctx.Done()
		s.causes <- context.Cause(ctx)
		s.attended.Add(-1)
	})
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	ended := make(chan error, 1)
	go func() { ended <- s.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil || s.attended.Load() != 0 {
				t.Errorf("%d attendants are left, %v", s.attended.Load(), err)
			}
		case <-time.After(atMost):
			t.Errorf("it does not end, with %d attendants", s.attended.Load())
		}
	})
	return s
}

// counter counts requests.
type counter struct {
	shop *shop
	next http.RoundTripper
}

func (c counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.shop.requests.Add(1)
	return c.next.RoundTrip(r)
}

// atMost is how long what has to come is waited for.
const atMost = time.Minute

// soon is a context for what has to be answered.
func (s *shop) soon() context.Context {
	ctx, cancel := context.WithTimeout(s.t.Context(), atMost)
	s.t.Cleanup(cancel)
	return ctx
}

// until waits for what has to come.
func (s *shop) until(what string, is func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(atMost); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// open opens a namespace that is there, as soon as the Set runs.
func (s *shop) open(name string) (runner *allocator.Runner) {
	s.t.Helper()
	s.until("it is opened", func() (ok bool) {
		var err error
		runner, err = s.Open(s.t.Context(), name)
		return err == nil
	})
	return runner
}

func namespace(name string, uid types.UID, terminating bool) *metav1.PartialObjectMetadata {
	n := namespaces.Kind()
	n.Name, n.UID = name, uid
	if terminating {
		n.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
	}
	return n
}

// A command may be the first that is heard of a namespace; one that is not there is told.
func TestOpen(t *testing.T) {
	s := newShop(t)
	name := controlplanetest.Namespace(t, controlplanetest.Shared(t))
	runner := s.open(name)
	if again, err := s.Open(t.Context(), name); err != nil || again != runner {
		t.Errorf("opened again: another runner, %v", err)
	}
	var missing *namespaces.MissingError
	if _, err := s.Open(t.Context(), "nowhere"); !errors.As(err, &missing) || missing.Terminating {
		t.Errorf("a namespace that is not there: %v", err)
	}
	s.Elect(true)
	s.until("it leads", runner.Leading)
	answer, err := runner.Ask(s.soon(), stock.PutItem{Item: fixture.Item("mug")})
	if err != nil || answer.Verdict != stock.Done {
		t.Errorf("%+v, %v", answer, err)
	}
}

// A namespace that was deleted is made again before the watch tells of either.
func TestOpenMadeAgain(t *testing.T) {
	s := newShop(t)
	name := controlplanetest.Namespace(t, controlplanetest.Shared(t))
	s.until("it runs", s.Running)
	s.SeeNamespace(namespace(name, "old", true))
	if _, err := s.Open(t.Context(), name); err != nil {
		t.Errorf("a namespace that is there: %v", err)
	}
}

// What became of a namespace may be told when the one that was made again under its name, which a
// command has found past the caches, is worked in already.
func TestLateNewsOfTheNamespaceBefore(t *testing.T) {
	s := newShop(t)
	s.until("it runs", s.Running)
	s.SeeNamespace(at(namespace("shop", "1", false), "10"))
	s.See("shop")
	s.SeeNamespace(at(namespace("shop", "2", false), "30")) // as Open does
	made, ok := s.Find("shop")
	if !ok {
		t.Fatal("the namespace that was made again is not worked in")
	}
	s.SeeNamespace(at(namespace("shop", "1", true), "20"))
	s.NamespaceGone(at(namespace("shop", "1", true), "25"))
	s.SeeNamespace(at(namespace("shop", "2", false), "30"))
	if now, ok := s.Find("shop"); !ok || now != made {
		t.Error("late news of the namespace before ends what runs for the one that was made again")
	}
}

// A command that comes too early or too late may be repeated, and whether it does is told.
func TestOpenWhileNothingRuns(t *testing.T) {
	s := newShop(t)
	s.until("it runs", s.Running)
	s.stop()
	idle := namespaces.New(namespaces.Options{})
	for when, set := range map[string]*namespaces.Set{"before Start": idle, "at the end": s.Set} {
		if _, err := set.Open(t.Context(), "shop"); !errors.Is(err, namespaces.ErrNotRunning) || set.Running() {
			t.Errorf("opened %s: %v, running: %v", when, err, set.Running())
		}
	}
}

// What is seen in a namespace may be seen before the Namespace.
func TestSeenBeforeItsNamespace(t *testing.T) {
	s := newShop(t)
	s.See("shop")
	s.See("theirs")
	if _, ok := s.Find("shop"); ok {
		t.Error("begun in a namespace that nobody has seen")
	}
	s.SeeNamespace(namespace("shop", "1", false))
	s.SeeNamespace(labelled(namespace("theirs", "2", false)))
	s.SeeNamespace(namespace("quiet", "3", false))
	s.until("it works there", func() bool { return len(s.Names()) > 0 })
	if names := s.Names(); len(names) != 1 || names[0] != "shop" {
		t.Errorf("works in %v, want shop alone", names)
	}
}

// A journal may be all that is left in a namespace when a process starts.
func TestJournalsAreFound(t *testing.T) {
	name := controlplanetest.Namespace(t, controlplanetest.Shared(t))
	first := newShop(t)
	runner := first.open(name)
	first.Elect(true)
	first.until("it leads", runner.Leading)
	second := newShop(t)
	seen, err := namespaces.Read(second.reader)(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	second.SeeNamespace(seen)
	second.until("the journal is found", func() bool { _, ok := second.Find(name); return ok })
}

// A namespace that is being deleted is left alone from then on, and one that is made again
// under its name starts empty.
func TestDeletedNamespaceIsForgotten(t *testing.T) {
	s := newShop(t)
	s.Elect(true)
	s.SeeNamespace(namespace("shop", "1", false))
	s.See("shop")
	s.until("it is attended", func() bool { return s.attended.Load() == 1 })
	first, _ := s.Find("shop")
	s.SeeNamespace(namespace("shop", "1", true))
	if _, ok := s.Find("shop"); ok {
		t.Error("it is still worked in")
	}
	s.until("its attendants have ended", func() bool { return s.attended.Load() == 0 })
	soon := s.soon()
	if _, err := first.Ask(soon, stock.Show{Reservation: "x"}); !errors.Is(err, allocator.ErrNoAnswer) || soon.Err() != nil {
		t.Errorf("its runner answers %v", err)
	}
	before := s.requests.Load()
	var missing *namespaces.MissingError
	if _, err := s.Open(t.Context(), "shop"); !errors.As(err, &missing) {
		t.Errorf("opened while it is being deleted: %v", err)
	}
	s.See("shop")
	s.SeeNamespace(namespace("shop", "1", false)) // an older version
	if _, ok := s.Find("shop"); ok || s.requests.Load() != before {
		t.Errorf("begun again while it is being deleted, or %d requests", s.requests.Load()-before)
	}
	s.SeeNamespace(namespace("shop", "2", false))
	s.NamespaceGone(namespace("shop", "1", true)) // told late
	if _, ok := s.Find("shop"); ok {
		t.Error("what was seen in the one that is gone has the next one begun")
	}
	s.See("shop")
	second, ok := s.Find("shop")
	if !ok || second == first {
		t.Fatal("the namespace that was made again is not begun anew")
	}
	s.NamespaceGone(namespace("shop", "2", true))
	if _, ok := s.Find("shop"); ok {
		t.Error("it is worked in though it is gone")
	}
}
