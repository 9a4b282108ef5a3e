package allocator_test

import (
	"context"
	"fmt"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

const simNamespace = "shop"

// apiClient is the client of one part of an operator. It has the methods that the
// operator uses; any other is a nil function.
type apiClient struct {
	client.Client
	p   *process
	who string
	// cached says that Get and List read the operator's cache.
	cached bool
}

func (c *apiClient) Get(ctx context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	k := kindOf(into)
	if c.cached {
		found := c.p.cache[k][key.Name]
		if found == nil {
			return notFound(k, key.Name)
		}
		return copyInto(found, into)
	}
	s := c.p.w.store
	a := c.call(ctx, "get "+kindNames[k], key.Name, "", func() answer {
		found := s.objects[k][key.Name]
		if found == nil {
			return answer{err: notFound(k, key.Name)}
		}
		return answer{object: found}
	})
	return a.into(into)
}

func (a answer) into(object client.Object) error {
	if a.err != nil {
		return a.err
	}
	return copyInto(a.object, object)
}

func (c *apiClient) List(ctx context.Context, into client.ObjectList, options ...client.ListOption) error {
	var o client.ListOptions
	for _, option := range options {
		option.ApplyToList(&o)
	}
	k := listKind(into)
	if c.cached {
		l := listed{}
		for _, name := range slices.Sorted(maps.Keys(c.p.cache[k])) {
			l.objects = append(l.objects, c.p.cache[k][name])
		}
		return l.into(into)
	}
	selected := ""
	if o.FieldSelector != nil {
		selected = o.FieldSelector.String()
	}
	s := c.p.w.store
	a := c.call(ctx, "list "+kindNames[k], selected, "", func() answer { return answer{list: s.list(k, o.FieldSelector)} })
	if a.err != nil {
		return a.err
	}
	return a.list.into(into)
}

func (c *apiClient) Create(ctx context.Context, object client.Object, _ ...client.CreateOption) error {
	given, k := object.DeepCopyObject().(client.Object), kindOf(object)
	s := c.p.w.store
	return c.call(ctx, "create "+kindNames[k], object.GetName(), "", func() answer {
		if s.objects[k][given.GetName()] != nil {
			return answer{err: apierrors.NewAlreadyExists(resource(k), given.GetName())}
		}
		return answer{object: s.create(given.DeepCopyObject().(client.Object))}
	}).into(object)
}

func (c *apiClient) Delete(ctx context.Context, object client.Object, options ...client.DeleteOption) error {
	var o client.DeleteOptions
	for _, option := range options {
		option.ApplyToDelete(&o)
	}
	k, name, version := kindOf(object), object.GetName(), *o.Preconditions.ResourceVersion
	uid := *o.Preconditions.UID
	s := c.p.w.store
	return c.call(ctx, "delete "+kindNames[k], name, version, func() answer {
		stored := s.objects[k][name]
		switch {
		case stored == nil:
			return answer{err: notFound(k, name)}
		case stored.GetUID() != uid || stored.GetResourceVersion() != version:
			return answer{err: conflict(k, name)}
		}
		c.p.w.logf("a deletion of %s sent by %s arrives", name, c.who)
		s.remove(stored, true)
		return answer{}
	}).err
}

// Status is the client of the status subresource, the only one that updates.
func (c *apiClient) Status() client.SubResourceWriter { return statusClient{c: c} }

type statusClient struct {
	client.SubResourceWriter
	c *apiClient
}

func (s statusClient) Update(ctx context.Context, object client.Object, _ ...client.SubResourceUpdateOption) error {
	given, k := object.DeepCopyObject().(client.Object), kindOf(object)
	c := s.c
	return c.call(ctx, "update "+kindNames[k], given.GetName(), given.GetResourceVersion(), func() answer {
		c.p.w.logf("a status of %s sent by %s over version %s arrives", given.GetName(), c.who, given.GetResourceVersion())
		c.p.w.store.oracle.proofs.writer = c.p.name
		stored, err := c.p.w.store.updateStatus(given)
		return answer{object: stored, err: err}
	}).into(object)
}

// listed are objects at one version of the whole store.
type listed struct {
	version string
	objects []client.Object
}

func (s *store) list(k kind, selector fields.Selector) listed {
	l := listed{version: s.versionText()}
	for _, name := range slices.Sorted(maps.Keys(s.objects[k])) {
		object := s.objects[k][name]
		if selector != nil {
			r, ok := object.(*v1.Reservation)
			if !ok || !selector.Matches(fields.Set{"status.phase": string(r.CurrentPhase())}) {
				continue
			}
		}
		l.objects = append(l.objects, object)
	}
	return l
}

func (l listed) into(list client.ObjectList) error {
	list.SetResourceVersion(l.version)
	switch list := list.(type) {
	case *metav1.PartialObjectMetadataList:
		for _, o := range l.objects {
			list.Items = append(list.Items, metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
				Namespace: o.GetNamespace(), Name: o.GetName(), UID: o.GetUID(), ResourceVersion: o.GetResourceVersion(),
			}})
		}
	case *v1.ReservationList:
		for _, o := range l.objects {
			list.Items = append(list.Items, *o.DeepCopyObject().(*v1.Reservation))
		}
	case *v1.StockItemList:
		for _, o := range l.objects {
			list.Items = append(list.Items, *o.DeepCopyObject().(*v1.StockItem))
		}
	case *v1.StockTallyList:
		for _, o := range l.objects {
			list.Items = append(list.Items, *o.DeepCopyObject().(*v1.StockTally))
		}
	default:
		return fmt.Errorf("nobody has asked for a %T before", list)
	}
	return nil
}
