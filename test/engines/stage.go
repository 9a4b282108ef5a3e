package engines

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// stage is the namespace of one scene, and the engine that serves it.
type stage struct {
	*testbed.World
	Player
	engine Engine
}

func newStage(t *testing.T, p Player) *stage {
	w := testbed.NewWorld(t)
	return &stage{World: w, Player: p, engine: p.New(w)}
}

// operate starts an operator.
func (s *stage) operate() *testbed.Operator {
	s.Helper()
	return s.Operate("--leader-elect=false")
}

// manifests are copies in the namespace of the stage, for an engine to change.
func (s *stage) manifests(git []*Object) []*Object {
	copies := make([]*Object, len(git))
	for i, o := range git {
		copies[i] = o.DeepCopy()
		if o.GetKind() != "Namespace" {
			copies[i].SetNamespace(s.Namespace)
		}
	}
	return copies
}

// sync has the engine carry out what Git says.
func (s *stage) sync(git ...*Object) {
	s.Helper()
	s.Must(s.engine.Sync(s.Context(), s.manifests(git)))
}

// refused has the engine carry out what cannot be carried out, and returns what it says.
func (s *stage) refused(git ...*Object) string {
	s.Helper()
	err := s.engine.Sync(s.Context(), s.manifests(git))
	if err == nil {
		s.Fatal("the engine says that all is well")
	}
	return err.Error()
}

// force is how the engine carries out what Git says by force; the scene is skipped for one that
// cannot.
func (s *stage) force() func(git ...*Object) error {
	s.Helper()
	forcer, ok := s.engine.(Forcer)
	if !ok {
		s.Skip("this engine cannot be forced")
	}
	return func(git ...*Object) error { return forcer.Force(s.Context(), s.manifests(git)) }
}

// failsFast checks that the engine, if it waits, gives up an object long before its time is over.
func (s *stage) failsFast(name string, git ...*Object) {
	s.Helper()
	waiter, ok := s.engine.(Waiter)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(s.Context(), testbed.Patience)
	defer cancel()
	if err := waiter.Wait(ctx, s.manifests(git)); err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), name) {
		s.Errorf("the engine waits for %s and says %v, %v", name, err, ctx.Err())
	}
}

// differs checks what the engine says that a sync would change, if it tells.
func (s *stage) differs(want []string, git ...*Object) {
	s.Helper()
	differ, ok := s.engine.(Differ)
	if !ok {
		return
	}
	got, err := differ.Diff(s.Context(), s.manifests(git))
	s.Must(err)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
		s.Errorf("what would change (-want +told):\n%s", diff)
	}
}

// served waits until items serve as they are declared.
func (s *stage) served(names ...string) {
	s.Helper()
	for _, name := range names {
		s.healthy(itemKind, name, Healthy)
	}
}

// figures waits until an item shows figures.
func (s *stage) figures(name string, onHand, reserved, available int64) {
	s.Helper()
	s.AwaitItem(name, func(i *v1.StockItem) bool {
		return i.Status.ObservedGeneration == i.Generation && i.Status.OnHand == onHand && i.Status.Reserved == reserved && i.Status.Available == available
	})
}

// healthy waits until the engine thinks so of an object.
func (s *stage) healthy(kind schema.GroupVersionKind, name string, want Health) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), testbed.Patience)
	defer cancel()
	var last Health
	for ctx.Err() == nil {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kind)
		watcher, err := s.Client.Watch(ctx, list, client.InNamespace(s.Namespace))
		s.Must(err)
		if last = s.awaitHealth(ctx, watcher, name, want); last == want {
			return
		}
	}
	s.Fatalf("%s %s is %s for the engine, want %s", kind.Kind, name, last, want)
}

func (s *stage) awaitHealth(ctx context.Context, watcher watch.Interface, name string, want Health) (last Health) {
	s.Helper()
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		live, ok := event.Object.(*Object)
		if !ok || live.GetName() != name || event.Type == watch.Deleted {
			continue
		}
		var err error
		last, err = s.engine.Health(ctx, live)
		s.Must(err)
		if last == want {
			return last
		}
	}
	return last
}

// is checks what the engine thinks of an object now.
func (s *stage) is(kind schema.GroupVersionKind, name string, want Health) {
	s.Helper()
	got, err := s.engine.Health(s.Context(), s.live(kind, name))
	s.Must(err)
	if got != want {
		s.Errorf("%s %s is %s for the engine, want %s", kind.Kind, name, got, want)
	}
}

func (s *stage) live(kind schema.GroupVersionKind, name string) *Object {
	s.Helper()
	live := manifest(kind, name)
	s.Must(s.Client.Get(s.Context(), client.ObjectKey{Namespace: s.Namespace, Name: name}, live))
	return live
}

// hold sells units of the item mug, and waits until it shows how many are reserved.
func (s *stage) hold(o *testbed.Operator, id string, quantity, reserved int64) {
	s.Helper()
	if told := s.Ask(testbed.Reserve(id, testbed.BinaryMode, testbed.Item("mug", quantity)), o); told.Refused {
		s.Fatalf("cart %s was refused: %s", id, told.Text)
	}
	s.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Reserved == reserved })
}

// gone waits until an item is deleted.
func (s *stage) gone(name string) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), testbed.Patience)
	defer cancel()
	for {
		err := s.Client.Get(ctx, client.ObjectKey{Namespace: s.Namespace, Name: name}, manifest(itemKind, name))
		if apierrors.IsNotFound(err) {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond): // a poll of another process
		case <-ctx.Done():
			s.Fatalf("StockItem %s is never deleted: %v", name, err)
		}
	}
}
