package namespaces_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// labelled labels a Namespace as somebody else's.
func labelled(n *metav1.PartialObjectMetadata) *metav1.PartialObjectMetadata {
	n.Labels = map[string]string{"theirs": "yes"}
	return n
}

func at(n *metav1.PartialObjectMetadata, version string) *metav1.PartialObjectMetadata {
	n.ResourceVersion = version
	return n
}

// A namespace that leaves the scope is given up at once, whoever waits there is told so, and one
// that comes back is taken up again, as soon as what ran before has ended.
func TestScopeChanges(t *testing.T) {
	s := newShop(t)
	s.until("it runs", s.Running)
	s.Elect(true) // in vain: the API server knows of no such namespace
	s.See("shop")
	s.SeeNamespace(at(labelled(namespace("shop", "1", false)), "10"))
	if _, ok := s.Find("shop"); ok {
		t.Error("it works outside of its scope")
	}
	s.SeeNamespace(at(namespace("shop", "1", false), "20"))
	first, ok := s.Find("shop")
	if !ok {
		t.Fatal("a namespace that came into scope is not taken up")
	}
	s.until("it is attended", func() bool { return s.attended.Load() == 1 })
	var asking sync.WaitGroup
	soon := s.soon()
	asking.Go(func() {
		if _, err := first.Ask(soon, stock.Show{Reservation: "x"}); !errors.Is(err, allocator.ErrNoAnswer) || soon.Err() != nil {
			t.Errorf("who waits in a namespace that is given up is told %v", err)
		}
	})
	s.until("somebody waits", func() bool { return first.Waiting() == 1 })
	s.SeeNamespace(at(labelled(namespace("shop", "1", false)), "30"))
	asking.Wait()
	s.SeeNamespace(at(namespace("shop", "1", false), "20")) // an older version, told late
	if _, ok := s.Find("shop"); ok {
		t.Error("an older version of the Namespace has it taken up again")
	}
	s.SeeNamespace(at(namespace("shop", "1", false), "40"))
	if second, ok := s.Find("shop"); !ok || second == first {
		t.Error("a namespace that came back is not taken up anew")
	}
	s.until("one is attended", func() bool { return s.attended.Load() == 1 })
}

// What runs for a namespace is told when it ends because the namespace is not in scope any more:
// then, and only then, the namespace is there and this process does not work in it.
func TestWhyItEnds(t *testing.T) {
	s := newShop(t)
	s.until("it runs", s.Running)
	theirs := func(name string, uid types.UID, terminating bool) *metav1.PartialObjectMetadata {
		return labelled(namespace(name, uid, terminating))
	}
	for _, tc := range []struct {
		name    string
		end     func(name string)
		outside bool
	}{
		{"relabelled", func(name string) { s.SeeNamespace(theirs(name, "1", false)) }, true},
		{"deleted", func(name string) { s.SeeNamespace(namespace(name, "1", true)) }, false},
		{"relabelled-and-deleted", func(name string) { s.SeeNamespace(theirs(name, "1", true)) }, false},
		{"gone", func(name string) { s.NamespaceGone(namespace(name, "1", true)) }, false},
		{"made-again", func(name string) { s.SeeNamespace(theirs(name, "2", false)) }, false},
		{"stopped", func(string) { s.stop() }, false},
	} {
		s.SeeNamespace(namespace(tc.name, "1", false))
		s.See(tc.name)
		tc.end(tc.name)
		var outside *namespaces.OutsideError
		select {
		case why := <-s.causes:
			if errors.As(why, &outside) != tc.outside {
				t.Errorf("%s: it is told %v", tc.name, why)
			}
		case <-time.After(atMost):
			t.Fatalf("%s: it does not end", tc.name)
		}
	}
}

// What a namespace's labels say counts only as of a read past the caches.
func TestServesByRead(t *testing.T) {
	s := newShop(t)
	name := controlplanetest.Namespace(t, controlplanetest.Shared(t))
	s.until("it runs", s.Running)
	stored := namespaces.Kind()
	label := func(patch string) {
		t.Helper()
		stored.Name = name
		if err := s.reader.Patch(t.Context(), stored, client.RawPatch("application/merge-patch+json", []byte(patch))); err != nil {
			t.Fatal(err)
		}
	}
	label(`{"metadata":{"labels":{"theirs":"yes"}}}`)
	var outside *namespaces.OutsideError
	if _, err := s.Open(t.Context(), name); !errors.As(err, &outside) || !strings.Contains(err.Error(), "!theirs") {
		t.Errorf("opened outside of its scope: %v", err)
	}
	if err := s.Serves(t.Context(), name); !errors.As(err, &outside) {
		t.Errorf("it serves a namespace outside of its scope: %v", err)
	}
	label(`{"metadata":{"labels":{"theirs":null}}}`)
	if err := s.Serves(t.Context(), name); err != nil {
		t.Errorf("a namespace in scope is not served: %v", err)
	}
	if names := s.Names(); len(names) != 0 {
		t.Errorf("to be asked begins %v", names)
	}
}

// Two runners of one namespace, one after the other, never give two writes one token: by it a
// process knows that its own write has landed.
func TestTokensOfANamespaceTakenUpAgain(t *testing.T) {
	s := newShop(t)
	name := controlplanetest.Namespace(t, controlplanetest.Shared(t))
	s.Elect(true)
	tokens := map[string]string{}
	receive := func(received int64) {
		runner := s.open(name)
		s.until("it leads", runner.Leading)
		item := fixture.Item("mug")
		item.Received, item.Sellable, item.Generation, item.Version = received, received, received, uint64(received)
		answer, err := runner.Ask(s.soon(), stock.PutItem{Item: item})
		if err != nil || answer.Verdict != stock.Done {
			t.Fatalf("%+v, %v", answer, err)
		}
		var pages v1.JournalPageList
		if err := s.reader.List(t.Context(), &pages, client.InNamespace(name)); err != nil {
			t.Fatal(err)
		}
		for i := range pages.Items {
			page := &pages.Items[i]
			written := page.Name + " at " + page.ResourceVersion
			if before, given := tokens[page.Token]; given && before != written && page.Token != "" {
				t.Errorf("%s and %s have one token %s", before, written, page.Token)
			}
			tokens[page.Token] = written
		}
	}
	seen, err := namespaces.Read(s.reader)(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for received := range int64(3) {
		receive(received + 1)
		seen.ResourceVersion = ""
		seen.Labels = map[string]string{"theirs": "yes"}
		s.SeeNamespace(at(seen.DeepCopy(), "18446744073709551614"))
		if _, ok := s.Find(name); ok {
			t.Fatal("it is not given up")
		}
		seen.Labels = nil
		s.SeeNamespace(at(seen.DeepCopy(), "18446744073709551614"))
	}
}

// Start returns when all that runs has ended, also where a namespace is begun at that moment.
func TestNothingBeginsAtTheEnd(t *testing.T) {
	pages, err := journal.NewClient(&rest.Config{Host: "http://127.0.0.1:1"}, nil) // nobody is there
	if err != nil {
		t.Fatal(err)
	}
	for round := range 100 {
		s := namespaces.New(namespaces.Options{
			Runner: allocator.RunnerOptions{Client: pages, Now: time.Now, Policy: fixture.Policy(), Config: fixture.Config("p")},
			Scope:  namespaces.Scope{Selector: ours},
			Pages:  func(context.Context) ([]string, error) { return nil, nil },
		})
		var attended atomic.Int64
		s.Attend(func(ctx context.Context, _ string, _ *allocator.Runner) {
			attended.Add(1)
			<-ctx.Done()
			attended.Add(-1)
		})
		ctx, cancel := context.WithCancel(t.Context())
		var seeing sync.WaitGroup
		seeing.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				name := fmt.Sprint("shop-", n)
				s.SeeNamespace(namespace(name, "1", false))
				s.See(name)
				s.NamespaceGone(namespace(name, "1", false))
			}
		})
		time.AfterFunc(time.Duration(round)*20*time.Microsecond, cancel)
		if err := s.Start(ctx); err != nil || attended.Load() != 0 {
			t.Fatalf("round %d: %d attendants are left, %v", round, attended.Load(), err)
		}
		seeing.Wait()
	}
}
