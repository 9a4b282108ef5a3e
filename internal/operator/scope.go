package operator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/internal/intern"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/steadfast"
	"github.com/acme/inventory-service/internal/wire"
)

// scope are the namespaces that --namespaces names, which alone are watched; none means all.
type scope []string

func (o Options) scope() scope {
	var s scope
	for name := range strings.SplitSeq(o.namespaces, ",") {
		if name = strings.TrimSpace(name); name != "" {
			s = append(s, name)
		}
	}
	slices.Sort(s)
	return slices.Compact(s)
}

func (s scope) has(namespace string) bool { return len(s) == 0 || slices.Contains(s, namespace) }

// worksIn are the namespaces that the process works in.
func (o Options) worksIn() (namespaces.Scope, error) {
	in := namespaces.Scope{Names: o.scope()}
	if o.namespaceSelector == "" {
		return in, nil
	}
	if len(in.Names) > 0 {
		return in, errors.New("--namespaces and --namespace-selector are both given: give one of them")
	}
	selector, err := labels.Parse(o.namespaceSelector)
	if err != nil {
		return in, fmt.Errorf("--namespace-selector %q is no label selector, such as inventory.acme.com/shard=a: %w", o.namespaceSelector, err)
	}
	if !selector.Empty() {
		in.Selector = selector
	}
	return in, nil
}

func (s scope) validate(defaultNamespace string) error {
	for _, name := range s {
		if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
			return fmt.Errorf("--namespaces names %q, which is no name of a namespace: %s", name, problems[0])
		}
	}
	if !s.has(defaultNamespace) {
		return fmt.Errorf("--default-namespace %s is not among --namespaces %s: add it there, or make one of those the default",
			defaultNamespace, strings.Join(s, ","))
	}
	return nil
}

// cache is what the manager's cache holds.
func (s scope) cache() cache.Options {
	options := cache.Options{
		DefaultTransform: intern.Transform(), NewInformer: newInformer,
		// Namespaces are in no namespace: all of them are watched, as far as we look at them.
		ByObject: map[client.Object]cache.ByObject{namespaces.Kind(): {Field: fields.Everything()}},
	}
	switch len(s) {
	case 0:
	case 1:
		// One watch for each kind.
		options.DefaultFieldSelector = fields.OneTermEqualSelector("metadata.namespace", s[0])
	default:
		options.DefaultNamespaces = map[string]cache.Config{}
		for _, name := range s {
			options.DefaultNamespaces[name] = cache.Config{}
		}
	}
	return options
}

// newInformer makes informers whose watches outlast outages and are cheap to read.
func newInformer(lw toolscache.ListerWatcher, example runtime.Object, resync time.Duration, indexers toolscache.Indexers) toolscache.SharedIndexInformer {
	return steadfast.NewInformer(wire.ListerWatcher(lw, example), example, resync, indexers)
}
