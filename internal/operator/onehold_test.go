package operator

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
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
