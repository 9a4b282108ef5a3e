package view

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// Name is the name of the object that shows a reservation.
func Name(r *stock.Reservation) string {
	if r.Object.Name != "" {
		return r.Object.Name
	}
	return string(r.ID)
}

// OfBridge tells whether a reservation came as a command through the bridge, so that its
// object is the operator's to make.
func OfBridge(r *stock.Reservation) bool { return r.Command.ID != "" }

// Reservation is a reservation as an object. Its intent is what has become of it.
func Reservation(namespace string, r *stock.Reservation) *v1.Reservation {
	object := &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: Name(r), UID: types.UID(r.Object.UID)},
		Spec: v1.ReservationSpec{
			CartID: string(r.Cart), CustomerID: string(r.Customer), OrderID: string(r.Order), Intent: v1.IntentHold,
		},
	}
	if OfBridge(r) {
		object.Spec.Command = &v1.Command{Source: r.Command.Source, ID: string(r.Command.ID)}
		for name, value := range r.Extensions {
			if object.Spec.Command.Extensions == nil {
				object.Spec.Command.Extensions = make(map[string]v1.Extension, len(r.Extensions))
			}
			object.Spec.Command.Extensions[name] = v1.Extension(value)
		}
	}
	if r.LaterOrder != "" {
		object.Spec.OrderID = string(r.LaterOrder)
	}
	for _, line := range r.Lines {
		object.Spec.Items = append(object.Spec.Items, v1.ReservationItem{ProductID: string(line.Product), Quantity: line.Quantity})
	}
	switch {
	case r.Phase.Ended() && r.Reason != "" && r.Reason != stock.ReasonExpired && r.Reason != stock.ReasonReplaced: // the rest, where some was shipped
		object.Spec.Intent = v1.IntentRelease
		if reason := v1.ReleaseReason(r.Reason); slices.Contains(events.ReleaseReasons(), reason) {
			object.Spec.ReleaseReason = reason
		}
	case r.Phase == stock.PhaseConsumed && r.Reason == "":
		object.Spec.Intent = v1.IntentConsume
	}
	Show(object, r)
	return object
}

// Show makes an object's status say how a reservation stands. The conditions Delivered,
// ItemsMatch, OrderAttached and HoldExtended are not the journal's and stay as they are; so
// does the position.
func Show(object *v1.Reservation, r *stock.Reservation) {
	before := object.Status
	object.Status = v1.ReservationStatus{
		ObservedGeneration: object.Generation, OutcomeID: string(r.Outcome), DecidedAt: microTime(r.At), OrderID: string(r.Order), Position: before.Position,
		Replaces: string(r.Replaces), ReplacedBy: string(r.ReplacedBy),
		RequestedBy: string(r.Actor), ReleasedBy: string(r.ReleasedBy), ConsumedBy: string(r.ConsumedBy),
	}
	s := &object.Status
	set(s, v1.ConditionDecided, metav1.ConditionTrue, decided(r), "the outcome stands", r.At)
	for _, line := range r.Lines {
		s.Units += line.Quantity
	}
	if r.Phase == stock.PhaseRefused {
		showRefused(object, r)
	} else {
		showHold(object, r)
	}
	for _, kind := range []string{v1.ConditionDelivered, v1.ConditionItemsMatch, v1.ConditionOrderAttached, v1.ConditionHoldExtended} {
		if condition := meta.FindStatusCondition(before.Conditions, kind); condition != nil {
			s.Conditions = append(s.Conditions, *condition)
		}
	}
}

// decided says in a word how a cart was decided.
func decided(r *stock.Reservation) string {
	if r.Phase == stock.PhaseRefused {
		return string(v1.PhaseUnavailable)
	}
	return string(v1.PhaseReserved)
}

func showRefused(object *v1.Reservation, r *stock.Reservation) {
	s := &object.Status
	s.Phase, s.Reason = v1.PhaseUnavailable, v1.ReasonInsufficientStock
	for _, short := range r.Short {
		s.UnavailableItems = append(s.UnavailableItems, v1.UnavailableItem{
			ProductID: string(short.Product), Requested: short.Requested, Available: short.Available,
		})
	}
	message := fmt.Sprintf("%d of %d items cannot be served: see status.unavailableItems", len(r.Short), len(r.Lines))
	set(s, v1.ConditionReserved, metav1.ConditionFalse, v1.ReasonInsufficientStock, message, r.At)
	set(s, v1.ConditionComplete, metav1.ConditionTrue, v1.ReasonInsufficientStock, "the cart was refused", r.At)
	set(s, v1.ConditionStalled, metav1.ConditionTrue, v1.ReasonInsufficientStock, message, r.At)
}

func showHold(object *v1.Reservation, r *stock.Reservation) {
	s := &object.Status
	s.ReservedAt = s.DecidedAt.DeepCopy()
	s.ExpiresAt, s.FirstExpiresAt = wholeTime(r.Expires), wholeTime(r.FirstExpires)
	for _, a := range r.Allocations {
		s.Allocations = append(s.Allocations, v1.Allocation{
			LocationID: a.Location, ProductID: string(a.Product), Quantity: a.Quantity, Consumed: a.Consumed, Released: a.Released,
		})
	}
	if !r.Phase.Ended() {
		s.Phase, s.Reason = v1.PhaseReserved, v1.ReasonAllocated
		set(s, v1.ConditionReserved, metav1.ConditionTrue, v1.ReasonAllocated, "all items are held", r.At)
		return
	}
	var message string
	s.Phase, s.Reason, message = ending(r)
	set(s, v1.ConditionReserved, metav1.ConditionFalse, s.Reason, message, r.Ended)
	set(s, v1.ConditionComplete, metav1.ConditionTrue, s.Reason, message, r.Ended)
}

// Ending is why a reservation that has ended did, in a word, and what took its place.
func Ending(r *v1.Reservation) string {
	if r.Status.ReplacedBy != "" {
		return r.Status.Reason + " by " + r.Status.ReplacedBy
	}
	return r.Status.Reason
}

// ending says how a hold ended, and why.
func ending(r *stock.Reservation) (phase v1.Phase, reason, message string) {
	switch r.Reason {
	case stock.ReasonExpired:
		message = "the hold ran out"
	case stock.ReasonReplaced:
		message = fmt.Sprintf("reservation %s of the same cart took its place", r.ReplacedBy)
	default:
		message = "its units were given back"
	}
	switch {
	case r.Phase == stock.PhaseReleased:
		return v1.PhaseReleased, r.Reason, message
	case r.Reason != "":
		return v1.PhaseConsumed, r.Reason, "some units were shipped, for the rest: " + message
	default:
		return v1.PhaseConsumed, v1.ReasonConsumed, "its units were shipped"
	}
}

func set(s *v1.ReservationStatus, kind string, status metav1.ConditionStatus, reason, message string, at stock.Time) {
	meta.SetStatusCondition(&s.Conditions, metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message, LastTransitionTime: metav1.NewTime(Time(at).Truncate(time.Second)),
	})
}

// Time is a moment of the journal, in UTC.
func Time(t stock.Time) time.Time { return time.UnixMicro(int64(t)).UTC() }

// wholeTime is a moment as statuses show it, nil where there is none.
func wholeTime(t stock.Time) *metav1.Time {
	if t == 0 {
		return nil
	}
	return &metav1.Time{Time: Time(t)}
}

func microTime(t stock.Time) *metav1.MicroTime {
	at := metav1.NewMicroTime(Time(t))
	return &at
}
