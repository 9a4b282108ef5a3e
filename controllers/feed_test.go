package controllers

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/namespaces"
)

func TestEventHandler(t *testing.T) {
	at := func(uid types.UID, version string) *v1.Reservation {
		return &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Name: "r", UID: uid, ResourceVersion: version}}
	}
	cases := map[string]struct {
		happen func(h toolscache.ResourceEventHandler)
		want   []string
	}{
		"added":   {func(h toolscache.ResourceEventHandler) { h.OnAdd(at("a", "1"), true) }, []string{"seen a 1"}},
		"updated": {func(h toolscache.ResourceEventHandler) { h.OnUpdate(at("a", "1"), at("a", "2")) }, []string{"seen a 2"}},
		"deleted": {func(h toolscache.ResourceEventHandler) { h.OnDelete(at("a", "3")) }, []string{"gone a 3"}},
		"deletion missed": {
			func(h toolscache.ResourceEventHandler) {
				h.OnDelete(toolscache.DeletedFinalStateUnknown{Key: "shop/r", Obj: at("a", "1")})
			},
			[]string{"gone a 1"},
		},
		"deletion missed, made again": {
			func(h toolscache.ResourceEventHandler) { h.OnUpdate(at("a", "1"), at("b", "9")) },
			[]string{"gone a 1", "seen b 9"},
		},
		"another kind": {
			func(h toolscache.ResourceEventHandler) {
				h.OnAdd(&v1.StockItem{}, false)
				h.OnUpdate(&v1.StockItem{}, &v1.StockItem{})
				h.OnDelete(&v1.StockItem{})
			}, nil,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			note := func(what string) func(*v1.Reservation) {
				return func(r *v1.Reservation) { got = append(got, what+" "+string(r.UID)+" "+r.ResourceVersion) }
			}
			tc.happen(eventHandler(note("seen"), note("gone")))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

// A namespace that is made again is taken up, though what is in it was told before the end of the
// one that had its name.
func TestNamespaceMadeAgain(t *testing.T) {
	w := newWorld(t)
	p := w.start()
	old, err := namespaces.Read(p.items.APIReader)(t.Context(), w.namespace)
	if err != nil {
		t.Fatal(err)
	}
	w.eventually("it is worked in", func() bool { return p.runner() != nil })
	again := old.DeepCopy()
	again.UID, again.ResourceVersion = "made again", "18446744073709551614"
	told := eventHandler(seenNamespace(t.Context(), p.items.Client, p.set), p.set.NamespaceGone)

	told.OnDelete(old)
	told.OnAdd(again, false)
	if p.runner() != nil {
		t.Error("a namespace without anything of ours is taken up")
	}
	told.OnDelete(again)
	told.OnAdd(old, false)
	w.receive("mugs", "mug", 4)
	w.eventually("the item is told of", func() bool { return p.runner() != nil })
	told.OnDelete(old)
	told.OnAdd(again, false)
	if p.runner() == nil {
		t.Error("a namespace that is made again is not taken up")
	}
}

// What is still in a namespace that is being deleted is not of the one that is made again.
func TestNamespaceMadeAgainEmpty(t *testing.T) {
	w := newWorld(t)
	p := w.start()
	old, err := namespaces.Read(p.items.APIReader)(t.Context(), w.namespace)
	if err != nil {
		t.Fatal(err)
	}
	w.receive("mugs", "mug", 4)
	w.eventually("it is worked in", func() bool { return p.runner() != nil })
	terminating, again := old.DeepCopy(), old.DeepCopy()
	terminating.ResourceVersion, terminating.DeletionTimestamp = "18446744073709551613", &metav1.Time{Time: time.Now()}
	again.UID, again.ResourceVersion = "made again", "18446744073709551614"
	eventHandler(seenNamespace(t.Context(), p.items.Client, p.set), p.set.NamespaceGone).OnUpdate(old, terminating)
	p.set.See(w.namespace) // as the watches of what is still in it do
	if p.set.SeeNamespace(again); p.runner() != nil {
		t.Error("a namespace that is made again, without anything of ours, is taken up")
	}
}
