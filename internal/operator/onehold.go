package operator

import (
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// oneHold tells in which namespaces a cart has one hold at a time: those whose Namespace says
// so, and where it says nothing all or none. It is safe for concurrent use.
type oneHold struct {
	everywhere bool
	// finds says that the hold of a cart can be found.
	finds bool

	mu   sync.RWMutex
	says map[string]bool
}

func newOneHold(everywhere bool, by stock.Index) *oneHold {
	return &oneHold{everywhere: everywhere, finds: by.Carts, says: map[string]bool{}}
}

// in tells whether a cart has one hold at a time in a namespace.
func (o *oneHold) in(namespace string) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if says, known := o.says[namespace]; known {
		return says
	}
	return o.everywhere
}

// SeeNamespace takes note of what a Namespace says. What says anything else than true or false
// says nothing.
func (o *oneHold) SeeNamespace(namespace *metav1.PartialObjectMetadata) {
	text := namespace.Annotations[v1.OneHoldAnnotation]
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case text == "true" && !o.finds:
		ctrllog.Log.WithName("namespaces").Info("The annotation "+v1.OneHoldAnnotation+" is ignored: carts are not among --find-by", "namespace", namespace.Name)
		delete(o.says, namespace.Name)
	case text == "true" || text == "false":
		o.says[namespace.Name] = text == "true"
	default:
		delete(o.says, namespace.Name)
	}
}

// NamespaceGone forgets a Namespace.
func (o *oneHold) NamespaceGone(namespace *metav1.PartialObjectMetadata) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.says, namespace.Name)
}
