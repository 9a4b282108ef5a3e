package publisher

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// note is a condition Delivered that is to be written to a Reservation.
type note struct {
	status          metav1.ConditionStatus
	reason, message string
	// attempts counts the writes that failed.
	attempts int
}

// maxQuoted is how much of a sink's answer a condition quotes, in bytes.
const maxQuoted = 200

func noteRefused(a answer) *note {
	message := fmt.Sprintf("the sink refuses the event: it answered %d", a.status)
	if quote := quoted(a.body); quote != "" {
		message += ": " + quote
	}
	return &note{
		status:  metav1.ConditionFalse,
		reason:  fmt.Sprintf("SinkAnswered%d", a.status),
		message: message + " (it is tried again at least every 10 minutes; a dead-letter sink would take such events)",
	}
}

func noteDelivered() *note {
	return &note{status: metav1.ConditionTrue, reason: v1.ConditionDelivered, message: "the event was delivered after all"}
}

// quoted is the beginning of a body as one line of text.
func quoted(body []byte) string {
	text := strings.ToValidUTF8(string(body[:min(len(body), maxQuoted)]), "")
	return strings.Join(strings.FieldsFunc(text, func(c rune) bool { return c <= ' ' || c == 0x7f }), " ")
}

// write writes an outcome's note to its object, over the version in the cache: if that is
// not the newest, the write fails and is made again over the next one.
func (c *course) write(ctx context.Context, o *outcome) result {
	n := o.note
	found, err := c.writeCondition(ctx, o, n)
	if err != nil {
		if ctx.Err() != nil {
			return result{outcome: o, end: again}
		}
		n.attempts++
		c.log.V(1).Info("the condition Delivered is not written yet",
			"namespace", c.namespace, "reservation", view.Name(o.r), "error", err.Error())
		return result{outcome: o, end: again, after: c.afterFailure.delay(n.attempts, c.random)}
	}
	if !found && n.status == metav1.ConditionFalse && n.attempts < awaitObject && c.unshown(o.r.ID) {
		if n.attempts++; c.options.Show != nil { // its object is made behind: it is moments away
			c.options.Show(c.namespace, o.r.ID)
		}
		return result{outcome: o, end: again, after: time.Second}
	}
	o.note = nil
	if n.status == metav1.ConditionTrue {
		return result{outcome: o, end: delivered}
	}
	o.marked = found
	if !found && o.refusals == 1 {
		c.log.Info("the sink refuses an event, and no object can say so: it is tried again by this process alone",
			"namespace", c.namespace, "reservation", view.Name(o.r), "cart", o.r.Cart, "reason", n.message)
	}
	return c.putAside(o)
}

// awaitObject is for how many seconds the object is waited for that has to say that an event
// was refused. Meanwhile the mark does not pass it.
const awaitObject = 60

// unshown tells whether a reservation is to get an object that is not known yet.
func (c *course) unshown(id stock.ID) (unshown bool) {
	c.source.Read(func(s *stock.State, _ *journal.Log) {
		r, ok := s.Reservation(id)
		unshown = ok && view.OfBridge(r) && r.Object.UID == ""
	})
	return unshown
}

// writeCondition leaves alone what is gone, or not there yet, or says so already. It tells
// whether there is an object.
func (c *course) writeCondition(ctx context.Context, o *outcome, n *note) (found bool, err error) {
	r, err := c.object(ctx, o.r)
	if r == nil || err != nil {
		return false, err
	}
	if meta.IsStatusConditionPresentAndEqual(r.Status.Conditions, v1.ConditionDelivered, n.status) {
		return true, nil
	}
	meta.SetStatusCondition(&r.Status.Conditions, metav1.Condition{
		Type:               v1.ConditionDelivered,
		Status:             n.status,
		Reason:             n.reason,
		Message:            n.message,
		ObservedGeneration: r.Generation,
		LastTransitionTime: metav1.NewTime(c.options.Clock.Now()),
	})
	err = c.options.Client.Status().Update(ctx, r)
	return !apierrors.IsNotFound(err), client.IgnoreNotFound(err)
}

// object reads the object that shows an outcome; nil where there is none (yet).
func (c *course) object(ctx context.Context, r *stock.Reservation) (*v1.Reservation, error) {
	var object v1.Reservation
	err := c.options.Client.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: view.Name(r)}, &object)
	if err != nil || object.Status.OutcomeID != string(r.Outcome) {
		return nil, client.IgnoreNotFound(err)
	}
	return &object, nil
}
