package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// bout is the fight over one hold, of a product of its own.
type bout struct {
	*fight
	number int
	random *rand.Rand
	// hold is its reservationId, object the name of what shows it.
	hold, object string
	expires      time.Time

	mu    sync.Mutex
	moves []*move
}

// move is one change that somebody asked for, and what all who asked were told.
type move struct {
	kind string
	// patched says that an object asked, not a command.
	patched bool
	// order, units and until are what was asked for.
	order string
	units int64
	until time.Time
	told  []holdTold
}

// String is what became of a move, in a word or two.
func (m *move) String() string {
	if m.patched {
		return m.kind + " by object"
	}
	if m.done() {
		return m.kind
	}
	if len(m.told) == 0 {
		return m.kind + " untold"
	}
	return m.kind + " " + m.told[0].problem
}

func (m *move) done() bool {
	for _, told := range m.told {
		if told.done {
			return true
		}
	}
	return false
}

func newBout(f *fight, number int, random *rand.Rand) *bout {
	return &bout{fight: f, number: number, random: random}
}

func (b *bout) name(what string) string { return fmt.Sprintf("%s-%d", what, b.number) }

func (b *bout) transport() testbed.Transport {
	return []testbed.Transport{testbed.BinaryMode, testbed.StructuredMode, testbed.PlainHTTP}[b.random.IntN(3)]
}

func (b *bout) lines(units int64) []events.Item {
	return []events.Item{testbed.Item(goods(b.number), units)}
}

// play makes the hold and has everybody fight over it.
func (b *bout) play() {
	if !b.reserve() {
		return
	}
	kinds := []func(*bout) (*move, func()){
		(*bout).replaceWithMore, (*bout).replaceWithLess, (*bout).replaceByObject, (*bout).extend, (*bout).extendByObject,
		(*bout).attach, (*bout).attachAnother, (*bout).attachByObject, (*bout).shipElsewhere, (*bout).shipElsewhereByObject,
		(*bout).rival, (*bout).release, (*bout).consume,
	}
	// Those that end the hold at once take part in every third fight, or nothing else happens.
	if b.random.IntN(3) > 0 {
		kinds = kinds[:len(kinds)-2]
	}
	b.random.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	var fighting sync.WaitGroup
	start := b.start()
	for _, kind := range kinds[:4+b.random.IntN(3)] {
		m, do := kind(b)
		b.moves = append(b.moves, m)
		fighting.Go(func() {
			time.Sleep(time.Until(start)) // a person thinks
			do()
		})
	}
	fighting.Wait()
	b.fault.Injected(1)
}

// start is when all begin: soon, or shortly before or after the hold runs out.
func (b *bout) start() time.Time {
	switch b.random.IntN(3) {
	case 0:
		return time.Now()
	case 1:
		return b.expires.Add(-time.Duration(b.random.IntN(200)) * time.Millisecond)
	default:
		return b.expires.Add(time.Duration(b.random.IntN(50)) * time.Millisecond)
	}
}

// holdShort is how long holds last.
var holdShort = &metav1.Duration{Duration: 2 * time.Second}

// reserve makes the first hold, by a command or as an object.
func (b *bout) reserve() bool {
	if b.random.IntN(3) == 0 {
		r := b.makeObject("own", heldUnits, "")
		if r == nil || r.Status.ExpiresAt == nil {
			b.Errorf("the first cart of %s was not reserved: %+v", goods(b.number), r)
			return false
		}
		b.hold, b.object, b.expires = string(r.UID), r.Name, r.Status.ExpiresAt.Time
		return true
	}
	told, err := b.reserveAsk("first", "cart", heldUnits, "").until(b.Context(), b.transport(), b.bridge)
	if err != nil || !told.done {
		b.Errorf("the first cart of %s was told %s, %v", goods(b.number), told.text, err)
		return false
	}
	b.hold, b.object, b.expires = told.reservation, told.reservation, told.expires
	return true
}

func (b *bout) reserveAsk(id, cart string, units int64, replaces string) holdAsk {
	return holdAsk{id: b.name(id), eventType: events.TypeReserve, method: http.MethodPost, path: "/reservations", payload: events.ReserveInventory{
		CartID: b.name(cart), Items: b.lines(units), HoldFor: holdShort, Replaces: replaces,
	}}
}

// makeObject makes a cart as kubectl would, and waits for what becomes of it; nil where it had
// to be deleted.
func (b *bout) makeObject(name string, units int64, replaces string) *v1.Reservation {
	object := &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: b.Namespace, Name: b.name(name)},
		Spec: v1.ReservationSpec{
			CartID: b.name("cart"), HoldFor: holdShort, Replaces: replaces, Items: []v1.ReservationItem{testbed.Line(goods(b.number), units)},
		},
	}
	if err := b.Client.Create(b.Context(), object); err != nil {
		b.Errorf("make reservation %s: %v", object.Name, err)
		return nil
	}
	ctx, cancel := context.WithTimeout(b.Context(), testbed.Patience)
	defer cancel()
	var last v1.Reservation
	err := b.watched.AwaitIn(ctx, func() bool {
		r, _ := newest(b.watched, object.Name)
		if r != nil {
			last = *r
		}
		return r != nil && (r.Decided() || nothingToReplace(r))
	})
	if err != nil {
		b.Errorf("reservation %s was not decided: %v: %+v", object.Name, err, last.Status)
	}
	if last.Decided() {
		return &last
	}
	if err := b.Client.Delete(b.Context(), object); err != nil { // as its message says
		b.Errorf("delete reservation %s: %v", object.Name, err)
	}
	return nil
}

func nothingToReplace(r *v1.Reservation) bool {
	for _, c := range r.Status.Conditions {
		if c.Type == v1.ConditionStalled && c.Status == metav1.ConditionTrue && c.Reason == v1.ReasonNothingToReplace {
			return true
		}
	}
	return false
}

// twice has a command sent by two clients at a time, and keeps what they were told.
func (b *bout) twice(m *move, a holdAsk) (*move, func()) {
	by := [2]testbed.Transport{b.transport(), b.transport()}
	if a.eventType == events.TypeReserve && (by[0] == testbed.PlainHTTP) != (by[1] == testbed.PlainHTTP) {
		by[1] = by[0] // an Idempotency-Key is no CloudEvent's id
	}
	return m, func() {
		var sending sync.WaitGroup
		for _, by := range by {
			sending.Go(func() {
				told, err := a.until(b.Context(), by, b.bridge)
				if err != nil {
					b.Error(err)
					return
				}
				b.mu.Lock()
				defer b.mu.Unlock()
				m.told = append(m.told, told)
			})
		}
		sending.Wait()
	}
}

// patch changes the spec of the object that shows the hold, where there is one.
func (b *bout) patch(m *move, spec string) (*move, func()) {
	m.patched = true
	return m, func() {
		object := &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: b.Namespace, Name: b.object}}
		err := b.Client.Patch(b.Context(), object, client.RawPatch(types.MergePatchType, []byte(`{"spec":`+spec+`}`)))
		b.mu.Lock()
		defer b.mu.Unlock()
		m.told = append(m.told, holdTold{done: err == nil, text: fmt.Sprint(err)})
	}
}

// replaceWithMore wants all there is, which only the hold's own units make enough.
func (b *bout) replaceWithMore() (*move, func()) {
	return b.twice(&move{kind: "replace", units: northUnits + southUnits}, b.reserveAsk("more", "cart", northUnits+southUnits, b.hold))
}

func (b *bout) replaceWithLess() (*move, func()) {
	return b.twice(&move{kind: "replace", units: 1}, b.reserveAsk("less", "cart", 1, b.hold))
}

func (b *bout) replaceByObject() (*move, func()) {
	m := &move{kind: "replace", patched: true, units: 4}
	replaces := []string{b.hold, b.object}[b.random.IntN(2)]
	return m, func() {
		r := b.makeObject("other", m.units, replaces)
		if r == nil {
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		m.told = append(m.told, holdTold{done: r.WasReserved(), reservation: string(r.UID), text: fmt.Sprintf("%+v", r.Status)})
	}
}

func (b *bout) extend() (*move, func()) {
	m := &move{kind: "extend", until: b.expires.Add(time.Duration(1+b.random.IntN(2)) * time.Second)}
	until := metav1.NewTime(m.until)
	return b.twice(m, holdAsk{id: b.name("extend"), eventType: events.TypeExtend, method: http.MethodPost, path: "/reservations/" + b.hold + "/extend",
		payload: events.ExtendReservation{ReservationID: b.hold, ExpiresAt: &until}})
}

func (b *bout) extendByObject() (*move, func()) {
	m := &move{kind: "extend", until: b.expires.Add(3 * time.Second)}
	return b.patch(m, fmt.Sprintf(`{"holdUntil":%q}`, m.until.UTC().Format(time.RFC3339)))
}

func (b *bout) attachTo(order string) (*move, func()) {
	return b.twice(&move{kind: "attach", order: order}, holdAsk{id: b.name(order), eventType: events.TypeAttachOrder, method: http.MethodPatch,
		path: "/reservations/" + b.hold, payload: events.AttachOrder{ReservationID: b.hold, OrderID: order}})
}

func (b *bout) attach() (*move, func())        { return b.attachTo(b.name("order")) }
func (b *bout) attachAnother() (*move, func()) { return b.attachTo(b.name("another")) }

func (b *bout) attachByObject() (*move, func()) {
	order := b.name("third")
	return b.patch(&move{kind: "attach", order: order}, fmt.Sprintf(`{"orderID":%q}`, order))
}

func (b *bout) shipElsewhere() (*move, func()) {
	m := &move{kind: "ship elsewhere", units: 1}
	return b.twice(m, holdAsk{id: b.name("ship"), eventType: events.TypeConsume, method: http.MethodPost, path: "/reservations/" + b.hold + "/consume",
		payload: events.ConsumeInventory{ReservationID: b.hold, Items: []events.PartialItem{{ProductID: goods(b.number), LocationID: "south", Quantity: m.units}}}})
}

func (b *bout) shipElsewhereByObject() (*move, func()) {
	m := &move{kind: "ship elsewhere", units: 2}
	return b.patch(m, fmt.Sprintf(`{"consumeItems":[{"productID":%q,"locationID":"south","quantity":%d}]}`, goods(b.number), m.units))
}

// rival is another cart that wants what the hold has, or leaves when it is replaced.
func (b *bout) rival() (*move, func()) {
	return b.twice(&move{kind: "rival", units: southUnits}, b.reserveAsk("rival", "rival", southUnits, ""))
}

func (b *bout) release() (*move, func()) {
	return b.twice(&move{kind: "release"}, holdAsk{id: b.name("release"), eventType: events.TypeRelease, method: http.MethodPost,
		path: "/reservations/" + b.hold + "/release", payload: events.ReleaseInventory{ReservationID: b.hold, Reason: "ORDER_CANCELLED"}})
}

func (b *bout) consume() (*move, func()) {
	return b.twice(&move{kind: "consume"}, holdAsk{id: b.name("consume"), eventType: events.TypeConsume, method: http.MethodPost,
		path: "/reservations/" + b.hold + "/consume", payload: events.ConsumeInventory{ReservationID: b.hold}})
}
