package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/intern"
	"github.com/acme/inventory-service/internal/publisher"
	"github.com/acme/inventory-service/internal/steadfast"
	"github.com/acme/inventory-service/internal/wire"
)

// scope are the namespaces that the operator works in; none means all.
type scope []string

func (o options) scope() scope {
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
	options := cache.Options{DefaultTransform: intern.Transform(), NewInformer: newInformer}
	switch len(s) {
	case 0:
	case 1:
		// One watch for each kind, with one order of events.
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

// publishers send the outcomes of each namespace in the order of one watch:
// either one for all namespaces, under "", or one for each.
type publishers map[string]*publisher.Publisher

// newPublishers makes the publishers and hands them to the manager. Where there
// are several namespaces each gets a watch of its own of Reservations and
// ledgers, since the watches of the manager's cache have no common order.
func newPublishers(mgr ctrl.Manager, o options, journal publisher.Journal) (publishers, error) {
	caches := map[string]cache.Cache{"": mgr.GetCache()}
	if s := o.scope(); len(s) > 1 {
		delete(caches, "")
		for _, name := range s {
			options := scope{name}.cache()
			options.Scheme, options.Mapper, options.HTTPClient = mgr.GetScheme(), mgr.GetRESTMapper(), mgr.GetHTTPClient()
			own, err := cache.New(mgr.GetConfig(), options)
			if err != nil {
				return nil, fmt.Errorf("watch namespace %s: %w", name, err)
			}
			if err := mgr.Add(own); err != nil {
				return nil, err
			}
			caches[name] = own
		}
	}
	made := publishers{}
	for name, from := range caches {
		p, err := publisher.New(publisher.Options{
			Cache: from, Client: mgr.GetClient(), Journal: journal,
			Sink: o.sink, DeadLetterSink: o.deadLetterSink,
		})
		if err != nil {
			return nil, err
		}
		if err := mgr.Add(p); err != nil {
			return nil, err
		}
		made[name] = p
	}
	return made, nil
}

// delivered tells whether nothing is left to be published of a Reservation.
func (all publishers) delivered(r *v1.Reservation) bool {
	p, one := all[""]
	if !one {
		p = all[r.Namespace]
	}
	return p != nil && p.Delivered(r)
}
