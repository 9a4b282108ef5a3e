package publisher

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	// recallEvery is how often objects that say Delivered=False are looked for: what another
	// process wrote may come late to the cache.
	recallEvery = 10 * time.Minute
	// recallTimeout bounds the look, and recallAgain is when it is taken again if it failed.
	recallTimeout = 5 * time.Second
	recallAgain   = 10 * time.Second
)

// recall finds the outcomes that were refused before this process led, by what their
// objects say.
func (c *course) recall(ctx context.Context) {
	c.recallAt = c.options.Clock.Now().Add(recallEvery)
	if c.to.nowhere() {
		return
	}
	marked, err := c.marked(ctx)
	if err != nil {
		c.recallAt = c.options.Clock.Now().Add(recallAgain)
		c.log.V(1).Info("Reservations cannot be read: refused events of other processes wait",
			"namespace", c.namespace, "error", err.Error())
		return
	}
	c.source.Read(func(s *stock.State, l *journal.Log) {
		if !l.Leading() || l.Identity() != c.line.journal {
			return
		}
		for _, object := range marked {
			if r := shown(s, object); r != nil {
				c.line.recall(r)
			}
		}
	})
	clear(c.line.cleared)
}

// marked are the objects that say Delivered=False.
func (c *course) marked(ctx context.Context) ([]*v1.Reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, recallTimeout)
	defer cancel()
	var list v1.ReservationList
	if err := c.options.Client.List(ctx, &list, client.InNamespace(c.namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	var marked []*v1.Reservation
	for i := range list.Items {
		if r := &list.Items[i]; meta.IsStatusConditionFalse(r.Status.Conditions, v1.ConditionDelivered) {
			marked = append(marked, r)
		}
	}
	return marked, nil
}

// shown is the reservation whose outcome an object shows; nil if there is none.
func shown(s *stock.State, object *v1.Reservation) *stock.Reservation {
	ids := []stock.ID{stock.ID(object.UID), stock.ID(object.Name)}
	if id, ok := s.FindObject(stock.ID(object.UID)); ok {
		ids = append(ids, id)
	}
	for _, id := range ids {
		if r, ok := s.Reservation(id); ok && string(r.Outcome) == object.Status.OutcomeID {
			return r
		}
	}
	return nil
}
