package chaos

import (
	"fmt"
	"math/rand/v2"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// whim is something that a user does through the API, as kubectl would. What the
// API server's rules refuse is refused: an error is no failure.
type whim struct {
	name string
	do   func(u *user)
}

// The two ways to flip an intent.
const (
	releasing = `{"spec":{"intent":"Release","releaseReason":"ORDER_CANCELLED"}}`
	consuming = `{"spec":{"intent":"Consume"}}`
)

// whims are what users do at the worst moment.
var whims = []whim{
	{"release", func(u *user) { u.patch(releasing) }},
	{"consume", func(u *user) { u.patch(consuming) }},
	{"set the order", func(u *user) { u.patch(`{"spec":{"orderID":"order-` + u.name + `"}}`) }},
	{"ship a part", func(u *user) { u.part("consumeItems") }},
	{"give back a part", func(u *user) { u.part("releaseItems") }},
	{"ship a part, release the rest", func(u *user) { u.part("consumeItems"); u.patch(releasing) }},
	{"give back a part, consume the rest", func(u *user) { u.part("releaseItems"); u.patch(consuming) }},
	{"delete", func(u *user) {
		u.note(u.Client.Delete(u.Context(), &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: u.Namespace, Name: u.name}}))
	}},
	{"lower received", func(u *user) { u.receive(u.random.Int64N(6)) }},
	{"raise received", func(u *user) { u.receive(10 + u.random.Int64N(60)) }},
	{"suspend and resume", func(u *user) { u.patchItem(`{"spec":{"suspended":true}}`); u.patchItem(`{"spec":{"suspended":false}}`) }},
	{"hold back units", func(u *user) { u.patchItem(fmt.Sprintf(`{"spec":{"safetyStock":%d}}`, u.random.Int64N(4))) }},
	{"make the stock item again", func(u *user) {
		i := &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Namespace: u.Namespace, Name: u.item}}
		u.note(u.Client.Delete(u.Context(), i))
		u.declare(u.item, 5+u.random.Int64N(40))
	}},
	{"make a duplicate", func(u *user) {
		name := u.item + "-again"
		u.declare(name, 5+u.random.Int64N(40))
		if u.random.IntN(2) == 0 { // the one that served goes
			u.note(u.Client.Delete(u.Context(), &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Namespace: u.Namespace, Name: u.item}}))
			u.declare(u.item, 5+u.random.Int64N(40))
		}
		u.note(u.Client.Delete(u.Context(), &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Namespace: u.Namespace, Name: name}}))
	}},
}

// user is one of several that use one namespace at the same time.
type user struct {
	*stockRoom
	random *rand.Rand
	// name is the user's Reservation and item the StockItem that it looks at.
	name, item string
}

// note counts what the API server let through.
func (u *user) note(err error) bool {
	if err == nil {
		u.accepted.Add(1)
	} else {
		u.refused.Add(1)
	}
	return err == nil
}

func (u *user) patch(patch string) {
	r := &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: u.Namespace, Name: u.name}}
	u.note(u.Client.Patch(u.Context(), r, mergePatch(patch)))
}

// part raises a running total of one of the user's items at one of its places.
func (u *user) part(totals string) {
	var r v1.Reservation
	if !u.note(u.Client.Get(u.Context(), client.ObjectKey{Namespace: u.Namespace, Name: u.name}, &r)) {
		return
	}
	line := r.Spec.Items[u.random.IntN(len(r.Spec.Items))]
	location := places[line.ProductID][0]
	if n := len(r.Status.Allocations); n > 0 {
		a := r.Status.Allocations[u.random.IntN(n)]
		line.ProductID, line.Quantity, location = a.ProductID, a.Quantity, a.LocationID
	}
	u.patch(fmt.Sprintf(`{"spec":{%q:[{"productID":%q,"locationID":%q,"quantity":%d}]}}`,
		totals, line.ProductID, location, 1+u.random.Int64N(line.Quantity)))
}

func (u *user) receive(received int64) {
	u.patchItem(fmt.Sprintf(`{"spec":{"received":%d}}`, received))
}

func (u *user) patchItem(patch string) {
	i := &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Namespace: u.Namespace, Name: u.item}}
	u.note(u.Client.Patch(u.Context(), i, mergePatch(patch)))
}

func (u *user) declare(name string, received int64) {
	product, location := u.placeOf(u.item)
	u.note(u.Client.Create(u.Context(), &v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: u.Namespace, Name: name},
		Spec:       v1.StockItemSpec{ProductID: product, LocationID: location, Received: received},
	}))
}

func mergePatch(patch string) client.Patch {
	return client.RawPatch("application/merge-patch+json", []byte(patch))
}
