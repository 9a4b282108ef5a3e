package publisher

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"

	v1 "github.com/acme/inventory-service/api/v1"
)

// world is an API server with Reservations, and an informer that follows it the way
// client-go does: a reflector that fills a queue, a store that is fed from the queue,
// and a listener that gets the events afterwards. Every part can lag behind.
type world struct {
	random *rand.Rand
	now    uint64
	stored map[types.NamespacedName]*v1.Reservation
	serial int

	changes  []change // watch events the reflector has not taken
	lastSync uint64
	queue    []change
	store    toolscache.Store
	notices  []notice

	// acknowledged is the truth about what was ever delivered.
	acknowledged map[types.UID]bool
}

// change is a watch event or, with list set, a list.
type change struct {
	version uint64
	object  *v1.Reservation
	deleted bool
	list    []any
}

// notice is an event on its way to the handler.
type notice struct {
	before, after *v1.Reservation
	initial, lost bool
}

func newWorld(seed uint64) *world {
	return &world{
		random:       rand.New(rand.NewPCG(seed, 1)),
		now:          100,
		stored:       map[types.NamespacedName]*v1.Reservation{},
		store:        toolscache.NewStore(toolscache.MetaNamespaceKeyFunc),
		acknowledged: map[types.UID]bool{},
	}
}

// put stores a new version and lets the watch tell it.
func (w *world) put(r *v1.Reservation, deleted bool) {
	w.now += 1 + uint64(w.random.IntN(3)) // other kinds are written, too
	r = r.DeepCopy()
	r.ResourceVersion = strconv.FormatUint(w.now, 10)
	key := types.NamespacedName{Namespace: r.Namespace, Name: r.Name}
	if deleted {
		delete(w.stored, key)
	} else {
		w.stored[key] = r
	}
	w.changes = append(w.changes, change{version: w.now, object: r, deleted: deleted})
}

// act changes one Reservation at random: creates, decides, updates or deletes it.
func (w *world) act() {
	key := types.NamespacedName{Namespace: fmt.Sprint("ns", w.random.IntN(2)), Name: fmt.Sprint("r", w.random.IntN(8))}
	r := w.stored[key]
	switch {
	case r == nil:
		w.serial++
		w.put(reservation(key.Namespace, key.Name, types.UID(fmt.Sprint("u", w.serial))), false)
	case !r.Decided():
		w.put(decide(r), false)
	case w.random.IntN(2) == 0:
		r = r.DeepCopy()
		r.Status.Phase = v1.PhaseReleased
		w.put(r, false)
	default:
		w.put(r, true)
	}
}

func reservation(namespace, name string, uid types.UID) *v1.Reservation {
	return &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: uid},
		Spec:       v1.ReservationSpec{CartID: "cart-" + name, Items: []v1.ReservationItem{{ProductID: "mug", Quantity: 1}}},
		Status:     v1.ReservationStatus{Phase: v1.PhasePending},
	}
}

func decide(r *v1.Reservation) *v1.Reservation {
	r = r.DeepCopy()
	at := metav1.NewMicroTime(time.Unix(1_700_000_000, 0))
	r.Status.Phase, r.Status.DecidedAt, r.Status.ReservedAt = v1.PhaseReserved, &at, &at
	return r
}

// reflect lets the reflector take the next watch event, a bookmark, or a list.
func (w *world) reflect() {
	switch n := w.random.IntN(10); {
	case n == 0: // the watch broke: everything so far comes as a list
		w.changes = nil
		w.queue = append(w.queue, change{version: w.now, list: w.list()})
		if w.random.IntN(2) == 0 {
			w.apply() // before the reflector says where it is
		}
		w.lastSync = w.now
	case len(w.changes) > 0:
		next := w.changes[0]
		w.changes = w.changes[1:]
		w.queue = append(w.queue, next)
		w.lastSync = next.version
	case n < 3:
		w.queue = append(w.queue, change{version: w.now})
		w.lastSync = w.now
	}
}

// list is what there is, in any order.
func (w *world) list() []any {
	all := make([]any, 0, len(w.stored))
	for _, r := range w.stored {
		all = append(all, r)
	}
	w.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// apply moves the queue's next change into the store and makes the notices of it.
func (w *world) apply() {
	if len(w.queue) == 0 {
		return
	}
	next := w.queue[0]
	w.queue = w.queue[1:]
	switch {
	case next.list != nil:
		w.replace(next)
	case next.object == nil:
		w.store.Bookmark(strconv.FormatUint(next.version, 10))
	case next.deleted:
		must(w.store.Delete(next.object))
		w.notices = append(w.notices, notice{before: next.object})
	default:
		before := w.known(next.object)
		must(w.store.Update(next.object))
		w.notices = append(w.notices, notice{before: before, after: next.object})
	}
}

func (w *world) replace(next change) {
	listed := map[string]bool{}
	var notices []notice
	for _, o := range next.list {
		r := o.(*v1.Reservation)
		listed[r.Namespace+"/"+r.Name] = true
		before := w.known(r)
		if before == nil || before.ResourceVersion != r.ResourceVersion {
			notices = append(notices, notice{before: before, after: r})
		}
	}
	for _, key := range w.store.ListKeys() {
		if old, _, _ := w.store.GetByKey(key); !listed[key] {
			w.notices = append(w.notices, notice{before: old.(*v1.Reservation), lost: true})
		}
	}
	must(w.store.Replace(next.list, strconv.FormatUint(next.version, 10)))
	w.notices = append(w.notices, notices...)
}

func (w *world) known(r *v1.Reservation) *v1.Reservation {
	old, exists, err := w.store.Get(r)
	must(err)
	if !exists {
		return nil
	}
	return old.(*v1.Reservation)
}

// notify hands the next notice to the handler.
func (w *world) notify(h toolscache.ResourceEventHandler) {
	if len(w.notices) == 0 {
		return
	}
	next := w.notices[0]
	w.notices = w.notices[1:]
	switch {
	case next.lost:
		h.OnDelete(toolscache.DeletedFinalStateUnknown{Key: next.before.Namespace + "/" + next.before.Name, Obj: next.before})
	case next.after == nil:
		h.OnDelete(next.before)
	case next.before == nil:
		h.OnAdd(next.after, next.initial)
	default:
		h.OnUpdate(next.before, next.after)
	}
}

// replay gives a new handler what is in the store.
func (w *world) replay() {
	w.notices = nil
	for _, o := range w.store.List() {
		w.notices = append(w.notices, notice{after: o.(*v1.Reservation), initial: true})
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
