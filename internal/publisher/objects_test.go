package publisher

import (
	"context"
	"strconv"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// objects is a client whose Reservations are in memory.
type objects struct {
	client.Client

	mu     sync.Mutex
	stored map[string]*v1.Reservation
	// fail, if set, says what is wrong with a read or a write.
	fail   func() error
	writes int
}

func newObjects() *objects { return &objects{stored: map[string]*v1.Reservation{}} }

var resource = schema.GroupResource{Group: v1.GroupVersion.Group, Resource: "reservations"}

// show stores the object of a reservation as a controller makes it.
func (o *objects) show(r *stock.Reservation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	object := view.Reservation("shop", r)
	object.ResourceVersion = "1"
	o.stored[object.Name] = object
}

// says is the condition Delivered of an object.
func (o *objects) says(r *stock.Reservation) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if object := o.stored[view.Name(r)]; object != nil {
		if c := meta.FindStatusCondition(object.Status.Conditions, v1.ConditionDelivered); c != nil {
			return string(c.Status)
		}
	}
	return ""
}

func (o *objects) written() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.writes
}

func (o *objects) failure() error {
	if o.fail == nil {
		return nil
	}
	return o.fail()
}

// Get implements client.Client, as do the others.
func (o *objects) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.failure(); err != nil {
		return err
	}
	object := o.stored[key.Name]
	if object == nil {
		return apierrors.NewNotFound(resource, key.Name)
	}
	object.DeepCopyInto(into.(*v1.Reservation))
	return nil
}

func (o *objects) List(_ context.Context, into client.ObjectList, _ ...client.ListOption) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.failure(); err != nil {
		return err
	}
	list := into.(*v1.ReservationList)
	for _, object := range o.stored {
		list.Items = append(list.Items, *object.DeepCopy())
	}
	return nil
}

func (o *objects) Status() client.SubResourceWriter { return statuses{o: o} }

// statuses are the statuses of objects.
type statuses struct {
	client.SubResourceWriter
	o *objects
}

func (s statuses) Update(_ context.Context, object client.Object, _ ...client.SubResourceUpdateOption) error {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	if err := s.o.failure(); err != nil {
		return err
	}
	stored := s.o.stored[object.GetName()]
	switch {
	case stored == nil:
		return apierrors.NewNotFound(resource, object.GetName())
	case stored.ResourceVersion != object.GetResourceVersion():
		return apierrors.NewConflict(resource, object.GetName(), nil)
	}
	next := object.(*v1.Reservation).DeepCopy()
	version, _ := strconv.Atoi(next.ResourceVersion)
	next.ResourceVersion = strconv.Itoa(version + 1)
	s.o.stored[next.Name] = next
	s.o.writes++
	return nil
}
