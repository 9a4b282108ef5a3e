package auditor

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/ledger"
)

// tardy is an API server whose list of StockItems takes a while, by a clock of its own.
type tardy struct {
	client.Reader
	clock *clocktesting.FakeClock
	takes time.Duration
	looks int
}

func (r *tardy) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	if _, last := list.(*v1.StockItemList); last {
		r.looks++
		r.clock.Step(r.takes)
	}
	return r.Reader.List(ctx, list, options...)
}

// busy is an operator that leads and always has writes on the way.
type busy struct{ key ledger.Key }

func (b busy) Memory(string) allocator.Memory {
	return allocator.Memory{Leading: true, Term: 1, Writing: true, Behind: map[ledger.Key]struct{}{b.key: {}}}
}
func (busy) Audited(string, allocator.Audited) {}
func (busy) Relearn(string)                    {}
func (busy) ItemStale(*v1.StockItem)           {}

// Where a look takes a minute, the next one comes after nineteen, in the same audit and
// in the one after it, but for somebody who asks.
func TestRest(t *testing.T) {
	t.Parallel()
	cp := controlplanetest.Shared(t)
	scheme := runtime.NewScheme()
	w := &world{T: t, namespace: controlplanetest.Namespace(t, cp)}
	w.must(v1.AddToScheme(scheme))
	var err error
	w.client, err = client.NewWithWatch(cp.RESTConfig(), client.Options{Scheme: scheme})
	w.must(err)
	w.receive("mug", 5)
	l := &v1.StockLedger{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: v1.LedgerName}}
	w.must(w.client.Create(t.Context(), l))

	now := clocktesting.NewFakeClock(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
	reader := &tardy{Reader: w.client, clock: now, takes: time.Minute}
	a := New(Options{
		Client: w.client, Reader: reader, Clock: now, Interval: 5 * time.Minute, Pause: DefaultPause, Rest: DefaultRest,
		Stock: busy{ledger.Key{ProductID: "mug", LocationID: "ams"}},
	})
	next := func() time.Duration {
		t.Helper()
		result, err := a.Reconcile(t.Context(), ctrl.Request{NamespacedName: keyOf(l)})
		w.must(err)
		return result.RequeueAfter
	}

	now.Step(next())
	for look := range 2 * maxLooks {
		rest := next()
		if reader.looks != look+1 || rest != 19*time.Minute {
			t.Fatalf("%d looks were taken and the next one comes after %s, want %d and 19m", reader.looks, rest, look+1)
		}
		if again := next(); reader.looks != look+1 || again != rest {
			t.Fatalf("it did not rest: %d looks, the next one after %s", reader.looks, again)
		}
		now.Step(rest)
	}
	next()
	looks := reader.looks
	w.request("now")
	if pause := next(); reader.looks != looks+1 || pause != DefaultPause {
		t.Errorf("after a request %d looks were taken and the next one comes after %s, want 1 and %s", reader.looks-looks, pause, DefaultPause)
	}
}
