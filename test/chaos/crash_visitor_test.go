package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/testbed"
)

// visitor fills one cart after the other, by chance.
type visitor struct {
	*life
	name string
	rng  *rand.Rand
}

// think is how long a visitor rests between two commands, at most.
const think = 60 * time.Millisecond

// shop reserves a cart and then does with it what chance says. An error means
// that a command had no outcome.
func (v *visitor) shop(cart int) error {
	id := fmt.Sprintf("%s-%d", v.name, cart)
	items, units := v.basket()
	payload := events.ReserveInventory{CartID: "cart-" + id, Items: items}
	fate := v.rng.IntN(12)
	if fate == 0 {
		payload.HoldFor = &metav1.Duration{Duration: time.Second}
	}
	told, err := v.insist(testbed.Command{ID: id, Transport: v.transport(), Payload: payload})
	if err != nil {
		return err
	}
	name := told.Reservation
	switch {
	case told.Refused:
		v.expect(name, want{phases: []stock.Phase{stock.PhaseRefused}})
		return nil
	case fate == 0: // it expires
		v.expect(name, want{phases: []stock.Phase{stock.PhaseReleased}})
		return nil
	case fate <= 3:
		_, err = v.insist(testbed.Release("release-"+id, v.transport(), name))
		v.expect(name, want{phases: []stock.Phase{stock.PhaseReleased}})
	case fate <= 6:
		_, err = v.insist(testbed.Consume("consume-"+id, v.transport(), name))
		v.expect(name, want{phases: []stock.Phase{stock.PhaseConsumed}, consumed: units})
	case fate <= 8 && units > 1:
		err = v.shipInParts(id, name, items[0], units)
	case fate == 9:
		v.expect(name, want{phases: []stock.Phase{stock.PhaseReleased}, deleted: true})
		err = v.delete(name)
	default:
		v.expect(name, want{phases: []stock.Phase{stock.PhaseReserved}})
	}
	return err
}

// shipInParts ships one unit of an item, and then gives the rest back, ships it
// or keeps it.
func (v *visitor) shipInParts(id, name string, item events.Item, units int64) error {
	part := []events.PartialItem{{ProductID: item.ProductID, LocationID: "amsterdam", Quantity: 1}}
	v.expect(name, want{phases: []stock.Phase{stock.PhaseReserved, stock.PhaseConsumed}, consumed: 1})
	_, err := v.insist(testbed.Command{
		ID: "part-" + id, Transport: v.transport(),
		Payload: events.ConsumeInventory{ReservationID: name, Items: part},
	})
	if err != nil {
		return err
	}
	switch v.rng.IntN(3) {
	case 0:
		_, err = v.insist(testbed.Release("rest-"+id, v.transport(), name))
		v.expect(name, want{phases: []stock.Phase{stock.PhaseReleased, stock.PhaseConsumed}, consumed: 1})
	case 1:
		_, err = v.insist(testbed.Consume("rest-"+id, v.transport(), name))
		v.expect(name, want{phases: []stock.Phase{stock.PhaseConsumed}, consumed: units})
	}
	return err
}

// basket is what a cart asks for: what there is plenty of, what there is too
// little of, and now and then more than there ever was.
func (v *visitor) basket() (items []events.Item, units int64) {
	first := 1 + v.rng.Int64N(5)
	items = append(items, testbed.Item("mug", first))
	units = first
	switch v.rng.IntN(6) {
	case 0:
		items, units = append(items, testbed.Item("vase", 1)), units+1
	case 1:
		items, units = append(items, testbed.Item("plate", 2)), units+2
	case 2:
		items = append(items, testbed.Item("plate", plenty+1))
	}
	return items, units
}

func (v *visitor) transport() testbed.Transport {
	return []testbed.Transport{testbed.BinaryMode, testbed.StructuredMode, testbed.PlainHTTP}[v.rng.IntN(3)]
}

// insist sends a command until it has its outcome, and now and then once more:
// the outcome has to be the same.
func (v *visitor) insist(c testbed.Command) (*testbed.Told, error) {
	ctx, cancel := context.WithTimeout(v.Context(), testbed.Patience)
	defer cancel()
	told, err := c.Repeat(ctx, v.bridge)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	v.commands++
	v.mu.Unlock()
	if v.rng.IntN(4) == 0 {
		again, err := c.Repeat(ctx, v.bridge)
		if err != nil {
			return nil, err
		}
		if *again != *told {
			return nil, fmt.Errorf("command %s was answered first\n%s\nand then\n%s", c.ID, told.Text, again.Text)
		}
	}
	select {
	case <-time.After(time.Duration(v.rng.Int64N(int64(think)))): // as people do
	case <-v.over:
	}
	return told, nil
}

// delete has somebody delete a Reservation by hand, once the journal knows the object:
// one that is deleted before that is made again.
func (v *visitor) delete(name string) error {
	ctx, cancel := context.WithTimeout(v.Context(), testbed.Patience)
	defer cancel()
	known := func() bool {
		r, ok := v.watched.Books.Cart(name)
		return ok && r.Object.UID != ""
	}
	if err := v.watched.AwaitIn(ctx, known); err != nil {
		return fmt.Errorf("no object shows reservation %s: %w", name, err)
	}
	r := &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: v.Namespace, Name: name}}
	for {
		err := client.IgnoreNotFound(v.Client.Delete(ctx, r))
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}
