package webhook

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/uuid"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// maxFound is how many reservations are told of at most: the youngest.
const maxFound = 1000

// found is the answer to a question for the reservations of an order or a cart.
type found struct {
	// Reservations are in the order of their outcomes.
	Reservations []reservationView `json:"reservations"`
	// Truncated says that there are older ones.
	Truncated bool `json:"truncated,omitempty"`
	// Incomplete says that there may be others, which the archive could not tell now.
	Incomplete bool `json:"incomplete,omitempty"`
}

// findReservations finds those of an order or a cart over plain HTTP.
func (b *bridge) findReservations(x *exchange, r *http.Request) error {
	namespace, err := b.namespace(x, r)
	if err != nil {
		return err
	}
	query, err := b.readFind(r.URL.Query())
	if err != nil {
		return err
	}
	found, err := b.find(r.Context(), x, namespace, query)
	if err != nil {
		return err
	}
	return writeTagged(x, r, found)
}

// readFind reads the parameters of a question. Others are refused: without one that is
// misspelt, it would mean more.
func (b *bridge) readFind(values url.Values) (*events.FindReservations, error) {
	query := &events.FindReservations{}
	for name, texts := range values {
		var into *string
		switch name {
		case "orderId":
			into = &query.OrderID
		case "cartId":
			into = &query.CartID
		default:
			return nil, events.Invalid(clip(name, 64), "is not known here: ask by orderId or cartId")
		}
		if len(texts) != 1 {
			return nil, events.Invalid(name, "must be given once")
		}
		if wrong := b.IDs.Wrong(texts[0]); wrong != "" {
			return nil, events.Invalid(name, "%s", wrong)
		}
		*into = v1.CanonicalID(texts[0])
	}
	if query.OrderID == "" && query.CartID == "" {
		return nil, events.Invalid("orderId", "or cartId is required: reservations are listed by kubectl get reservations")
	}
	return query, nil
}

func (b *bridge) findEvent(ctx context.Context, x *exchange, namespace string, query *message) (cloudevents.Event, error) {
	payload, err := b.decode.Find(query.data)
	if err != nil {
		return cloudevents.Event{}, err
	}
	found, err := b.find(ctx, x, namespace, payload)
	if err != nil {
		return cloudevents.Event{}, err
	}
	return replyTo(query, events.Reply(namespace, events.TypeFound, uuid.NewString()+".found", "", found)), nil
}

// find tells of the reservations of an order or a cart that are decided, and remembered or archived.
// That there are none is told by the process that leads, which proves it.
func (b *bridge) find(ctx context.Context, x *exchange, namespace string, query *events.FindReservations) (found, error) {
	none := found{Reservations: []reservationView{}}
	ctx, cancel := x.bound(ctx, b.Wait)
	defer cancel()
	j, err := b.enterToRead(ctx, x, namespace)
	if err != nil || j == nil {
		return none, err
	}
	all, err := b.findRemembered(ctx, j, query)
	if err != nil {
		return none, err
	}
	forgotten, incomplete := b.findArchived(ctx, j, namespace, query, all)
	if incomplete && len(all)+len(forgotten) == 0 {
		return none, fail(archiveUnavailable, "the journal has no such reservation, or none any more, and the archive cannot tell now which there were: ask again")
	}
	answer := merge(namespace, all, forgotten)
	answer.Incomplete = incomplete
	return answer, nil
}

// findRemembered returns what the journal has. That it has nothing is proven.
func (b *bridge) findRemembered(ctx context.Context, j Journal, query *events.FindReservations) ([]*stock.Reservation, error) {
	all, err := indexed(j, query)
	if err != nil || len(all) > 0 {
		return all, err
	}
	if err := b.proveAbsence(ctx, j); err != nil {
		return nil, orElse(err, "whether there are such reservations cannot be told now: ask again")
	}
	return indexed(j, query)
}

// merge is what is told of reservations that are remembered, and of others that are forgotten: the
// youngest, in the order of their outcomes.
func merge(namespace string, remembered, forgotten []*stock.Reservation) found {
	all := slices.Concat(forgotten, remembered)
	slices.SortStableFunc(all, func(a, b *stock.Reservation) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Number, b.Number))
	})
	answer := found{Reservations: []reservationView{}, Truncated: len(all) > maxFound}
	for _, r := range all[max(0, len(all)-maxFound):] {
		shown := newReservationView(view.Reservation(namespace, r))
		shown.Archived = slices.Contains(forgotten, r)
		answer.Reservations = append(answer.Reservations, shown)
	}
	return answer
}

// indexed are the reservations of an order, of a cart, or of both.
func indexed(j Journal, query *events.FindReservations) (all []*stock.Reservation, err error) {
	j.Read(func(s *stock.State, _ *journal.Log) {
		by := s.Indexed()
		switch {
		case query.OrderID != "" && !by.Orders, query.OrderID == "" && !by.Carts:
			err = fail(notFound, "reservations are not found by what the question names: the operator runs without it in --find-by")
		case query.OrderID == "":
			all = s.OfCart(stock.ID(query.CartID))
		default:
			for _, r := range s.OfOrder(stock.ID(query.OrderID)) {
				if query.CartID == "" || r.Cart == stock.ID(query.CartID) {
					all = append(all, r)
				}
			}
		}
	})
	return all, err
}
