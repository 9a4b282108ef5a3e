package auditor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
	"github.com/acme/inventory-service/test/fixture"
)

// world is a namespace in virtual time: the allocator and its pages, objects as an API
// server stores them, and around them controllers whose watches and writes are late. Time
// passes while somebody reads.
type world struct {
	t      *testing.T
	rand   *rand.Rand
	now    time.Time
	server *journaltest.Server
	alloc  *allocator.Allocator
	*requests

	// objects are stored by kind and name.
	objects map[subject]client.Object
	// due is what happens later.
	due []event
	// late bounds how late watches and writes are; writing are the views on their way.
	late    time.Duration
	writing map[subject]bool
	// quiet lets no more be asked for.
	quiet bool
	// readTakes is how long a read takes.
	readTakes time.Duration
	auditor   *Auditor
	accused   []string
	answers   map[uint64]stock.Answer
	calls     uint64
	// decided counts requests, takeOvers the processes that led.
	decided, takeOvers int
	// alter, if set, changes what State says to the audit.
	alter func(*stock.State)
	// frozen are objects that no controller writes.
	frozen map[subject]bool
	// listed is what is left of a list that is read page by page.
	listed []client.Object
}

type event struct {
	at time.Time
	do func()
}

const namespace = "shop"

func newWorld(t *testing.T, seed uint64, late time.Duration) *world {
	w := &world{
		t: t, rand: rand.New(rand.NewPCG(seed, 3)), now: fixture.Start, server: journaltest.NewServer(), late: late,
		objects: map[subject]client.Object{}, writing: map[subject]bool{}, answers: map[uint64]stock.Answer{},
		readTakes: 20 * time.Millisecond, frozen: map[subject]bool{},
	}
	w.requests = &requests{rand: w.rand, version: 1000}
	w.auditor = New(Options{Clock: worldClock{w: w}})
	w.takeOver()
	return w
}

// takeOver lets a new process lead.
func (w *world) takeOver() {
	w.takeOvers++
	policy := stock.Policy{Retention: 60 * second, Grace: 30 * second, CompactAbove: 6000, Batch: 2500}
	w.alloc = allocator.New(fixture.Config(fmt.Sprintf("p%d", w.rand.Uint32()), fixture.Fill(600)), policy)
	w.alloc.Track()
	w.serve(w.alloc.Start())
	w.step(allocator.Journal{Event: journal.Elected{}})
	for i := 0; !w.alloc.Log().Leading(); i++ {
		if i > 1000 {
			w.t.Fatalf("nobody leads: %s", w.alloc.Log().Stage())
		}
		w.run(50 * time.Millisecond)
	}
	for key := range w.objects { // the new leader looks at each
		w.show(key)
	}
}

func (w *world) step(e allocator.Event) { w.serve(w.alloc.Step(w.now, e)) }

// serve performs effects at once, and shows what changed.
func (w *world) serve(effects []allocator.Effect) {
	alloc := w.alloc
	for ; len(effects) > 0; effects = effects[1:] {
		switch e := effects[0].(type) {
		case allocator.Answered:
			w.answers[e.Call] = e.Answer
		case allocator.Unwritable:
			w.t.Fatal(e.Err)
		case allocator.Wake:
			w.after(e.After, func() { w.stepOf(alloc, allocator.Woken{}) })
		case allocator.Perform:
			if wake, ok := e.Effect.(journal.Wake); ok {
				w.after(wake.After, func() { w.stepOf(alloc, allocator.Journal{Event: journal.Woken{Call: wake.Call}}) })
				continue
			}
			effects = append(effects, alloc.Step(w.now, allocator.Journal{Event: w.server.Serve(e.Effect)})...)
		}
	}
	changes := w.state().TakeChanges()
	for _, id := range changes.Reservations {
		if r, ok := w.state().Reservation(id); ok && (r.Object.UID != "" || r.Command.ID != "") && !r.Object.Gone {
			w.show(subject{KindReservation, stock.ID(view.Name(r))})
		}
	}
	for _, uid := range changes.Items {
		if i, ok := w.state().Item(uid); ok {
			w.show(subject{KindItem, stock.ID(i.Name)})
		}
	}
}

func (w *world) stepOf(alloc *allocator.Allocator, e allocator.Event) {
	if alloc == w.alloc {
		w.step(e)
	}
}

func (w *world) state() *stock.State { return w.alloc.Stock() }

// ask has a request decided. What cannot be decided now is dropped.
func (w *world) ask(request stock.Request) stock.Answer {
	w.calls++
	w.step(allocator.Asked{Call: w.calls, Request: request})
	answer, ok := w.answers[w.calls]
	if !ok {
		w.step(allocator.Dropped{Call: w.calls})
	}
	w.decided++
	return answer
}

// after lets something happen later.
func (w *world) after(d time.Duration, do func()) { w.due = append(w.due, event{w.now.Add(d), do}) }

// lateness is how late something is this time.
func (w *world) lateness() time.Duration { return time.Duration(w.rand.Int64N(int64(w.late) + 1)) }

// run lets time pass.
func (w *world) run(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(min(10*time.Millisecond, end.Sub(w.now)))
		w.happen()
		if !w.quiet && w.rand.IntN(25) == 0 {
			w.live()
		}
	}
}

func (w *world) happen() {
	for {
		i := slices.IndexFunc(w.due, func(e event) bool { return !e.at.After(w.now) })
		if i < 0 {
			return
		}
		do := w.due[i].do
		w.due = slices.Delete(w.due, i, i+1)
		do()
	}
}

// live lets somebody do something.
func (w *world) live() {
	switch w.rand.IntN(10) {
	case 0:
		w.changeItem()
	case 1:
		w.createCart()
	case 2:
		w.deleteSome()
	case 3:
		w.ask(stock.Publish{Number: w.state().Marks().Outcomes})
	default:
		request := w.next(w.state(), micros64(w.now))
		switch r := request.(type) {
		case stock.PutItem, stock.ShowItem, stock.DropItem, stock.Show:
			return // they say what is so of objects
		case stock.Reserve:
			if r.Wanted.Object.UID != "" {
				return
			}
		}
		w.ask(request)
	}
}

func micros64(t time.Time) stock.Time { return stock.Time(t.UnixMicro()) }

// changeItem makes a StockItem, changes its spec, or deletes it.
func (w *world) changeItem() {
	key := subject{KindItem, stock.ID(fmt.Sprintf("item-%d", w.rand.IntN(6)))}
	n := int(key.uid[5] - '0')
	item, _ := w.objects[key].(*v1.StockItem)
	switch {
	case item == nil:
		item = &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Name: string(key.uid), Namespace: namespace, Generation: 1}}
		item.UID = types.UID(fmt.Sprintf("uid-of-item-%d", w.version1()))
		item.CreationTimestamp = metav1.NewTime(w.now)
		item.Spec.ProductID, item.Spec.LocationID = string(products[n%3]), locations[n/4]
	case w.rand.IntN(6) == 0:
		w.delete(key)
		return
	case w.made%4 == 0:
		item = item.DeepCopy()
		item.Annotations = map[string]string{v1.TakeOverAnnotation: fmt.Sprint(item.Annotations == nil)}
		w.store(item)
		return
	default:
		item = item.DeepCopy()
		item.Generation++
	}
	item.Spec.Received, item.Spec.SafetyStock = w.rand.Int64N(80), w.rand.Int64N(3)
	item.Spec.Suspended, item.Spec.LowStockThreshold = w.rand.IntN(9) == 0, w.rand.Int64N(5)
	w.store(item)
}

func (w *world) version1() uint64 {
	w.server.Version++
	return w.server.Version
}

// createCart lets a person make a Reservation.
func (w *world) createCart() {
	w.made++
	r := &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("own-%d", w.made)}}
	r.UID = types.UID(fmt.Sprintf("uid-%d", w.made))
	r.Spec.Items = []v1.ReservationItem{{ProductID: string(pick(w.rand, products)), Quantity: 1 + w.rand.Int64N(4)}}
	r.Status.Phase = v1.PhasePending
	w.carts = append(w.carts, stock.ID(r.UID))
	w.store(r)
}

func (w *world) deleteSome() {
	for _, key := range w.keys() {
		if key.kind == KindReservation && w.rand.IntN(8) == 0 {
			w.delete(key)
			return
		}
	}
}

func (w *world) keys() []subject {
	keys := make([]subject, 0, len(w.objects))
	for key := range w.objects {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b subject) int {
		return int(a.kind-b.kind)*1000 + slices.Compare([]byte(a.uid), []byte(b.uid))
	})
	return keys
}

// store stores an object, and lets the watch bring it.
func (w *world) store(object client.Object) {
	object.SetResourceVersion(fmt.Sprint(w.version1()))
	key := keyOfObject(object)
	w.objects[key] = object
	w.after(w.lateness(), func() { w.seen(key, object) })
}

func keyOfObject(object client.Object) subject {
	if _, ok := object.(*v1.StockItem); ok {
		return subject{KindItem, stock.ID(object.GetName())}
	}
	return subject{KindReservation, stock.ID(object.GetName())}
}

// delete deletes an object, and lets the watch bring it.
func (w *world) delete(key subject) {
	object := w.objects[key]
	delete(w.objects, key)
	version := w.version1()
	w.after(w.lateness(), func() {
		if item, ok := object.(*v1.StockItem); ok {
			w.ask(stock.DropItem{UID: stock.ID(item.UID), Version: version, Read: w.server.Version})
			return
		}
		id := stock.ID(object.GetUID())
		if object.(*v1.Reservation).Spec.Command != nil {
			id = key.uid
		}
		w.ask(stock.Release{Reservation: id, Reason: "DELETED"})
		w.ask(stock.Show{Reservation: id, Object: stock.Object{UID: stock.ID(object.GetUID()), Name: object.GetName(), Version: version, Gone: true}})
	})
}

// seen is a controller's Reconcile of an object as the watch has brought it.
func (w *world) seen(key subject, seen client.Object) {
	if w.objects[key] == nil || w.objects[key].GetUID() != seen.GetUID() || w.frozen[key] {
		return
	}
	switch o := seen.(type) {
	case *v1.StockItem:
		w.takeIn(o)
	case *v1.Reservation:
		w.passOn(o)
	}
	if want := w.want(seen); want != nil {
		if w.auditor.Modified(context.Background(), seen, want) {
			w.accused = append(w.accused, fmt.Sprintf("%s: %+v", seen.GetName(), seen))
		}
		w.show(key)
	}
}

func (w *world) takeIn(item *v1.StockItem) {
	known, ok := w.state().Item(stock.ID(item.UID))
	takesOver := item.Annotations[v1.TakeOverAnnotation] == "true"
	if !ok || known.Generation < item.Generation || known.TakesOver != takesOver {
		w.ask(stock.PutItem{Read: w.server.Version, Item: stock.Item{
			UID: stock.ID(item.UID), Name: item.Name, Product: stock.ID(item.Spec.ProductID), Location: item.Spec.LocationID,
			Created: stock.Time(item.CreationTimestamp.UnixMicro()), Generation: item.Generation, Version: versionOf(item),
			Received: item.Spec.Received, SafetyStock: item.Spec.SafetyStock, LowStock: item.Spec.LowStockThreshold,
			Suspended: item.Spec.Suspended, TakesOver: takesOver,
		}})
		w.show(keyOfObject(item))
	}
	if item.Status.ObservedGeneration == item.Generation && !meta.IsStatusConditionTrue(item.Status.Conditions, v1.ConditionStalled) {
		w.ask(stock.ShowItem{UID: stock.ID(item.UID), Generation: item.Generation})
	}
}

func versionOf(o client.Object) (n uint64) {
	_, _ = fmt.Sscan(o.GetResourceVersion(), &n)
	return n
}

func (w *world) passOn(r *v1.Reservation) {
	if r.Spec.Command != nil {
		w.ask(stock.Show{Reservation: stock.ID(r.Name), Object: stock.Object{UID: stock.ID(r.UID), Version: versionOf(r)}})
		return
	}
	if _, known := w.state().Reservation(stock.ID(r.UID)); known {
		return
	}
	request := stock.Reserve{Hold: 20 * second, Verified: true, Wanted: stock.Reservation{
		ID: stock.ID(r.UID), Outcome: stock.ID("o-" + r.UID), Object: stock.Object{UID: stock.ID(r.UID), Name: r.Name, Version: versionOf(r)},
	}}
	for _, item := range r.Spec.Items {
		request.Wanted.Lines = append(request.Wanted.Lines, stock.Line{Product: stock.ID(item.ProductID), Quantity: item.Quantity})
	}
	if answer := w.ask(request); answer.Reservation == nil {
		w.after(time.Second, func() { w.seen(keyOfObject(r), r) }) // it waits
	}
}

// show has a view written, some time from now.
func (w *world) show(key subject) {
	if w.writing[key] {
		return
	}
	w.writing[key] = true
	w.after(w.lateness(), func() {
		delete(w.writing, key)
		w.write(key)
	})
}

// write writes a view as it should be now, and makes it where there is none.
func (w *world) write(key subject) {
	if w.frozen[key] {
		return
	}
	object := w.objects[key]
	if object == nil {
		r, ok := w.state().Reservation(key.uid)
		if key.kind != KindReservation || !ok || r.Command.ID == "" || r.Object.UID != "" || r.Phase.Ended() {
			return
		}
		w.made++
		made := view.Reservation(namespace, r)
		made.UID = types.UID(fmt.Sprintf("uid-%d", w.made))
		made.Status = v1.ReservationStatus{Phase: v1.PhasePending}
		w.store(made)
		return
	}
	if want := w.want(object); want != nil {
		w.auditor.Vouch(want)
		w.store(want)
	}
}

// want is an object as it should be now, nil where it is, or nothing is known of it.
func (w *world) want(object client.Object) client.Object {
	position := allocator.PositionOf(w.alloc.Log()).String()
	switch o := object.(type) {
	case *v1.StockItem:
		known, ok := w.state().Item(stock.ID(o.UID))
		p, _ := w.state().Figures(stock.ID(o.UID))
		if !ok || known.Generation != o.Generation {
			return nil
		}
		want := o.DeepCopy()
		view.ShowItem(want, p, v1.AnyIDs, fixture.Start)
		if len(between(o, want)) == 0 && slices.Equal(want.Status.Conditions, o.Status.Conditions) {
			return nil
		}
		want.Status.Position = position
		return want
	case *v1.Reservation:
		id := stock.ID(o.UID)
		if o.Spec.Command != nil {
			id = stock.ID(o.Name)
		}
		r, ok := w.state().Reservation(id)
		if !ok {
			return nil
		}
		want := o.DeepCopy()
		view.Show(want, r)
		if len(between(o, want)) == 0 {
			return nil
		}
		want.Status.Position = position
		return want
	default:
		return nil
	}
}
