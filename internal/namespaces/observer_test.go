package namespaces_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/test/fixture"
)

// deaf is a Set whose runners reach nobody, and that reads Namespaces from a test. Its clock stands
// still unless the test sets it.
type deaf struct {
	*namespaces.Set
	// read is what a read past the caches finds.
	read func() (*metav1.PartialObjectMetadata, error)
	// after is how much time has passed, in nanoseconds.
	after atomic.Int64
}

func newDeaf(t *testing.T, observers ...namespaces.Observer) *deaf {
	t.Helper()
	pages, err := journal.NewClient(&rest.Config{Host: "http://127.0.0.1:1"}, nil) // nobody is there
	if err != nil {
		t.Fatal(err)
	}
	d := &deaf{}
	began := time.Now()
	d.Set = namespaces.New(namespaces.Options{
		Runner: allocator.RunnerOptions{
			Client: pages, Policy: fixture.Policy(), Config: fixture.Config("p"),
			Now: func() time.Time { return began.Add(time.Duration(d.after.Load())) },
		},
		Read:  func(context.Context, string) (*metav1.PartialObjectMetadata, error) { return d.read() },
		Pages: func(context.Context) ([]string, error) { return nil, nil },
	})
	d.Observe(observers...)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = d.Start(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	for deadline := time.Now().Add(atMost); !d.Running(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not start")
		}
	}
	return d
}

// works tells whether the shop is worked in.
func (d *deaf) works() bool { return slices.Contains(d.Names(), "shop") }

// diary notes what it is told of Namespaces.
type diary struct{ told []string }

func (d *diary) SeeNamespace(n *metav1.PartialObjectMetadata) {
	d.told = append(d.told, string(n.UID)+" at "+n.ResourceVersion)
}

func (d *diary) NamespaceGone(n *metav1.PartialObjectMetadata) {
	d.told = append(d.told, string(n.UID)+" is gone")
}

// Who has to know what a Namespace says knows it before anything begins there, whoever has seen the
// Namespace, and is not told what is older than that.
func TestObserversKnowBefore(t *testing.T) {
	var seen diary
	d := newDeaf(t, &seen)
	d.read = func() (*metav1.PartialObjectMetadata, error) { return at(namespace("shop", "2", false), "30"), nil }
	d.SeeNamespace(at(namespace("shop", "1", false), "10"))
	d.SeeNamespace(at(namespace("shop", "1", true), "20"))
	if _, err := d.Open(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"1 at 10", "1 at 20", "2 at 30"}; !slices.Equal(seen.told, want) {
		t.Errorf("as it is opened they know %q, want %q", seen.told, want)
	}
	seen.told = nil
	d.SeeNamespace(at(namespace("shop", "1", true), "20"))
	d.NamespaceGone(at(namespace("shop", "1", true), "25"))
	d.SeeNamespace(at(namespace("shop", "2", false), "40"))
	d.NamespaceGone(at(namespace("shop", "2", true), "50"))
	if want := []string{"2 at 40", "2 is gone"}; !slices.Equal(seen.told, want) {
		t.Errorf("of what is told late, and of what is new, they know %q, want %q", seen.told, want)
	}
}
