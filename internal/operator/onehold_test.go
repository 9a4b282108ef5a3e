package operator

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
)

// A Namespace says whether a cart has one hold there, and the flag where it says nothing.
func TestOneHold(t *testing.T) {
	annotated := func(text string) *metav1.PartialObjectMetadata {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "shop", Annotations: map[string]string{v1.OneHoldAnnotation: text}}}
	}
	for _, everywhere := range []bool{false, true} {
		o := newOneHold(everywhere, stock.Index{Carts: true})
		for text, want := range map[string]bool{"true": true, "false": false, "": everywhere, "yes": everywhere} {
			o.SeeNamespace(annotated("true"))
			o.SeeNamespace(annotated(text))
			if got := o.in("shop"); got != want {
				t.Errorf("annotated %q, everywhere %v: %v", text, everywhere, got)
			}
		}
		o.SeeNamespace(annotated("true"))
		o.NamespaceGone(annotated("true"))
		if o.in("shop") != everywhere || o.in("elsewhere") != everywhere {
			t.Error("a namespace that is gone, or was never seen, says something")
		}
	}
	o := newOneHold(false, stock.Index{})
	if o.SeeNamespace(annotated("true")); o.in("shop") {
		t.Error("it holds though carts are not found")
	}
}

// unwatched is a manager whose watches bring nothing: what is known of Namespaces was read past them.
type unwatched struct{ ctrl.Manager }

func (unwatched) GetConfig() *rest.Config     { return &rest.Config{Host: "http://127.0.0.1:1"} } // nobody is there
func (unwatched) GetAPIReader() client.Reader { return shopsWithOneHold{} }

// shopsWithOneHold reads Namespaces that say that a cart has one hold, and nothing else.
type shopsWithOneHold struct{}

func (shopsWithOneHold) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	object.SetName(key.Name)
	object.SetAnnotations(map[string]string{v1.OneHoldAnnotation: "true"})
	return nil
}

func (shopsWithOneHold) List(context.Context, client.ObjectList, ...client.ListOption) error {
	return errors.New("nothing is listed")
}

// The first command for a namespace may come before the watch tells of the Namespace. It is decided
// as the Namespace says all the same.
func TestOneHoldOfANamespaceThatIsOpened(t *testing.T) {
	o, err := ParseFlags(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	p := &parts{Manager: unwatched{}, o: o, clock: &allocator.ServerClock{}, process: "p"}
	if err := p.makeNamespaces(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = p.namespaces.Start(ctx) })
	defer func() { cancel(); running.Wait() }()
	for deadline := time.Now().Add(time.Minute); !p.namespaces.Running(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not start")
		}
	}
	if _, err := p.namespaces.Open(t.Context(), "shop"); err != nil || !p.oneHold.in("shop") {
		t.Errorf("it is opened with %v, and a cart has one hold there: %v, though the Namespace says so", err, p.oneHold.in("shop"))
	}
}
