package publisher

import (
	"strconv"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"

	v1 "github.com/acme/inventory-service/api/v1"
)

// follower takes the informer's events. It only notes them and never blocks.
//
// An outcome is new when a decided Reservation is added, or when one that was
// undecided is decided: the informer tells both versions. So nothing has to be
// remembered of those that are delivered. One that turns out to be marked as refused is
// met like a new one: the process before this one wrote that, after the version from
// which this one took it for delivered, or this one did and had success before the
// informer told it.
type follower struct{ p *Publisher }

var _ toolscache.ResourceEventHandler = follower{}

// OnAdd is called for what is in the store already (initial), then for what is created.
func (f follower) OnAdd(obj any, initial bool) {
	r, ok := obj.(*v1.Reservation)
	if !ok {
		return
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	f.p.added(r)
	if !initial {
		f.p.passed(r)
	}
}

// OnUpdate is also called, after a gap in the watch, when another Reservation has taken
// the name.
func (f follower) OnUpdate(before, after any) {
	old, ok := before.(*v1.Reservation)
	if !ok {
		return
	}
	r, ok := after.(*v1.Reservation)
	if !ok {
		return
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	switch {
	case old.UID != r.UID:
		f.p.deleted(old)
		f.p.added(r)
	case !old.Decided(), undelivered(r) && !undelivered(old):
		f.p.met(r)
	default:
		f.p.metAgain(r)
	}
	f.p.passed(r)
}

// OnDelete gets the final object, or the last one known after a gap in the watch.
func (f follower) OnDelete(obj any) {
	lost, missed := obj.(toolscache.DeletedFinalStateUnknown)
	if missed {
		obj = lost.Obj
	}
	r, ok := obj.(*v1.Reservation)
	if !ok {
		return
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	f.p.deleted(r)
	if !missed {
		f.p.passed(r)
	}
}

func (p *Publisher) added(r *v1.Reservation) {
	p.tracker.namespace(r.Namespace).objects++
	p.met(r)
}

// met takes notice of an outcome that may be new.
func (p *Publisher) met(r *v1.Reservation) {
	if !r.Decided() {
		return
	}
	if p.sink == nil {
		p.metAgain(r)
		return
	}
	version, _ := versionOf(r)
	o := &outcome{namespace: r.Namespace, name: r.Name, uid: r.UID, first: version, latest: version}
	if p.tracker.decided(o, undelivered(r)) {
		p.queue.Add(o.uid)
	}
}

func (p *Publisher) metAgain(r *v1.Reservation) {
	if version, ok := versionOf(r); ok && r.Decided() {
		p.tracker.changed(r.Namespace, r.UID, version)
	}
}

// deleted keeps the final object of a pending outcome.
func (p *Publisher) deleted(r *v1.Reservation) {
	p.tracker.namespace(r.Namespace).objects--
	o := p.tracker.pending[r.UID]
	if o == nil {
		return
	}
	o.delivery.final = r
	if o.delivery.waiting {
		o.delivery.waiting = false
		p.queue.Add(o.uid)
	}
}

// passed takes notice that everything about a change has been done.
func (p *Publisher) passed(r *v1.Reservation) {
	p.handled++
	version, ok := versionOf(r)
	if !ok {
		return
	}
	if lastSync, err := strconv.ParseUint(p.lastSync(), 10, 64); err == nil {
		p.tracker.order(version, lastSync)
	}
}

// versionOf is an object's resourceVersion as a number, by which the versions of one
// kind are ordered.
func versionOf(object metav1.Object) (uint64, bool) {
	version, err := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
	return version, err == nil
}

// undelivered tells whether a Reservation says that its outcome was refused.
func undelivered(r *v1.Reservation) bool {
	return meta.IsStatusConditionFalse(r.Status.Conditions, v1.ConditionDelivered)
}
