package controllers

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// decide has the cart of an object decided that a person or Git made.
func (p pass) decide(ctx context.Context, object *v1.Reservation) (ctrl.Result, error) {
	switch {
	case object.DeletionTimestamp != nil:
		return ctrl.Result{}, nil
	case object.Decided() && object.CurrentPhase().Final():
		return p.retireWithdrawn(ctx, object) // of a journal that is lost: it stays decided
	case object.Spec.Intent == v1.IntentRelease:
		return p.withdraw(ctx, object)
	}
	if wrong := invalidID(object, p.IDs); wrong != "" {
		return ctrl.Result{}, p.showStalled(ctx, object, v1.ReasonInvalidID, wrong+": delete this Reservation and make another")
	}
	replaces, ok := p.replaces(object)
	if !ok {
		return ctrl.Result{RequeueAfter: nothingThereAgain}, p.showStalled(ctx, object, v1.ReasonNothingToReplace,
			fmt.Sprintf("spec.replaces names no reservation that is known: %s", object.Spec.Replaces))
	}
	if p.heldBack() {
		return ctrl.Result{RequeueAfter: heldBackAgain}, p.showHeldBack(ctx, object)
	}
	began := p.Now()
	answer, err := p.ask(ctx, p.cart(object, replaces))
	if err == nil && answer.Verdict == stock.Unverified {
		object, answer, err = p.verify(ctx, object)
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	switch answer.Verdict {
	case stock.Done:
		observeDecision(answer.Reservation, p.Now().Sub(began))
	case stock.Repeated:
	case stock.TooLarge:
		return ctrl.Result{}, p.showStalled(ctx, object, v1.ReasonTooLarge,
			"the cart is too large to be stored: delete this Reservation and make several with fewer items each")
	case stock.Irreplaceable:
		return ctrl.Result{}, p.showStalled(ctx, object, v1.ReasonNothingToReplace, irreplaceable(object, answer.Reservation))
	case stock.Full:
		return ctrl.Result{}, fmt.Errorf("reservation %s waits: the journal has reached --journal-limit and nothing in it may be forgotten yet. "+
			"It is tried again; raise --journal-limit, or see the condition Ready of the StockLedger", p.key)
	default:
		return ctrl.Result{}, fmt.Errorf("reservation %s is not decided yet (%s): it is tried again", p.key, answer.Verdict)
	}
	return p.follow(ctx, object, answer.Reservation)
}

// verify asks again about an object that may have been decided and forgotten, after a read
// past the cache has shown that it is there.
func (p pass) verify(ctx context.Context, object *v1.Reservation) (*v1.Reservation, stock.Answer, error) {
	stored, err := p.read(ctx, p.APIReader)
	if err != nil {
		return nil, stock.Answer{}, err
	}
	if stored == nil || stored.UID != object.UID {
		return nil, stock.Answer{}, errStale
	}
	replaces, _ := p.replaces(stored)
	request := p.cart(stored, replaces)
	request.Verified = true
	answer, err := p.ask(ctx, request)
	return stored, answer, err
}

// cart is the request to decide an object.
func (p pass) cart(object *v1.Reservation, replaces stock.ID) stock.Reserve {
	id := stock.ID(object.UID)
	hold := p.DefaultHold
	if object.Spec.HoldFor != nil {
		hold = object.Spec.HoldFor.Duration
	}
	request := stock.Reserve{
		Hold:    stock.Time(hold.Microseconds()),
		OneHold: p.OneHold != nil && p.OneHold(p.key.Namespace),
		Wanted: stock.Reservation{
			ID: id, Outcome: stock.ID(uuid.NewString()), Object: objectOf(object, id),
			Cart: idOf(object.Spec.CartID), Customer: idOf(object.Spec.CustomerID), Order: idOf(object.Spec.OrderID),
			Replaces: replaces,
		},
	}
	for _, item := range object.Spec.Items {
		request.Wanted.Lines = append(request.Wanted.Lines, stock.Line{Product: idOf(item.ProductID), Quantity: item.Quantity})
	}
	return request
}

// idOf is an id of a spec as the journal has it.
func idOf(text string) stock.ID { return stock.ID(v1.CanonicalID(text)) }

// nothingThereAgain is when an object is looked at again that replaces one which is not known
// yet.
const nothingThereAgain = 10 * time.Second

// replaces is the reservation that an object names in spec.replaces; ok is false where it is
// not known.
func (p pass) replaces(object *v1.Reservation) (id stock.ID, ok bool) {
	if object.Spec.Replaces == "" {
		return "", true
	}
	p.runner.Read(func(s *stock.State, _ *journal.Log) {
		var replaced *stock.Reservation
		if replaced, ok = s.Lookup(idOf(object.Spec.Replaces)); ok {
			id = replaced.ID
		}
	})
	return id, ok
}

// irreplaceable says why nothing can take the place of a reservation.
func irreplaceable(object *v1.Reservation, r *stock.Reservation) string {
	switch {
	case r == nil:
		return "spec.replaces names a reservation that is not known any more: delete this Reservation and make another"
	case r.Phase.Ended():
		ended := view.Reservation(object.Namespace, r)
		return fmt.Sprintf("reservation %s, which spec.replaces names, has ended (%s, %s): delete this Reservation and make another without it",
			object.Spec.Replaces, ended.CurrentPhase(), view.Ending(ended))
	default:
		return fmt.Sprintf("reservation %s, which spec.replaces names, is of another cart: delete this Reservation and make another", object.Spec.Replaces)
	}
}

// withdraw shows that an object was released before it was decided: it gets no outcome.
func (p pass) withdraw(ctx context.Context, object *v1.Reservation) (ctrl.Result, error) {
	if object.CurrentPhase() == v1.PhaseReleased {
		return p.retireWithdrawn(ctx, object)
	}
	reason := string(object.Spec.ReleaseReason)
	if reason == "" {
		reason = v1.ReasonReleased
	}
	object.Status = v1.ReservationStatus{ObservedGeneration: object.Generation, Phase: v1.PhaseReleased, Reason: reason}
	const message = "released before it was decided"
	setCondition(object, v1.ConditionDecided, metav1.ConditionTrue, reason, message, p.Now())
	setCondition(object, v1.ConditionReserved, metav1.ConditionFalse, reason, message, p.Now())
	setCondition(object, v1.ConditionComplete, metav1.ConditionTrue, reason, message, p.Now())
	return ctrl.Result{}, p.write(ctx, object)
}

// invalidID says which id of a spec is not taken, and why; it is empty where all are.
func invalidID(object *v1.Reservation, ids v1.IDs) string {
	s := &object.Spec
	if wrong := ids.Wrong(s.CartID); wrong != "" {
		return "spec.cartID " + wrong
	}
	if wrong := ids.Wrong(s.CustomerID); s.CustomerID != "" && wrong != "" {
		return "spec.customerID " + wrong
	}
	if wrong := ids.Wrong(s.OrderID); s.OrderID != "" && wrong != "" {
		return "spec.orderID " + wrong
	}
	for i, item := range s.Items {
		if wrong := ids.Wrong(item.ProductID); wrong != "" {
			return fmt.Sprintf("spec.items[%d].productID %s", i, wrong)
		}
	}
	return ""
}

// showStalled says why an object stays Pending.
func (p pass) showStalled(ctx context.Context, object *v1.Reservation, reason, message string) error {
	known := meta.FindStatusCondition(object.Status.Conditions, v1.ConditionReserved)
	if known != nil && known.Reason == reason && known.Message == message && object.Status.ObservedGeneration == object.Generation {
		return nil
	}
	object.Status.ObservedGeneration = object.Generation
	setCondition(object, v1.ConditionReserved, metav1.ConditionFalse, reason, message, p.Now())
	setCondition(object, v1.ConditionStalled, metav1.ConditionTrue, reason, message, p.Now())
	return p.write(ctx, object)
}

func setCondition(object *v1.Reservation, kind string, status metav1.ConditionStatus, reason, message string, at time.Time) {
	meta.SetStatusCondition(&object.Status.Conditions, metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message, LastTransitionTime: metav1.NewTime(at),
	})
}
