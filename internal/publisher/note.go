package publisher

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
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

// write writes an outcome's note to its Reservation, over the version in the store: if
// that is not the newest, the write fails and is made again over the next one.
func (p *Publisher) write(ctx context.Context, j job) (again bool, after time.Duration) {
	n := j.delivery.note
	err := p.writeCondition(ctx, j, n)
	switch {
	case err == nil:
		j.delivery.note = nil
		if n.status == metav1.ConditionTrue {
			p.acknowledge(j)
			return false, 0
		}
		return p.putAside(j)
	case ctx.Err() != nil:
		return false, 0
	default:
		n.attempts++
		p.log.V(1).Info("the condition Delivered is not written yet",
			"namespace", j.namespace, "reservation", j.name, "error", err.Error())
		return true, p.afterFailure.delay(n.attempts, p.random)
	}
}

// writeCondition leaves alone what is gone or says so already.
func (p *Publisher) writeCondition(ctx context.Context, j job, n *note) error {
	if j.gone || meta.IsStatusConditionPresentAndEqual(j.r.Status.Conditions, v1.ConditionDelivered, n.status) {
		return nil
	}
	updated := j.r.DeepCopy()
	meta.SetStatusCondition(&updated.Status.Conditions, metav1.Condition{
		Type:               v1.ConditionDelivered,
		Status:             n.status,
		Reason:             n.reason,
		Message:            n.message,
		ObservedGeneration: j.r.Generation,
		LastTransitionTime: metav1.NewTime(p.options.Clock.Now()),
	})
	return client.IgnoreNotFound(p.options.Client.Status().Update(ctx, updated))
}
