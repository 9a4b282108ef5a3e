package publisher

import (
	"context"

	"github.com/cloudevents/sdk-go/v2/event"
)

// send tries the sink, then the dead-letter sink with what the sink refuses. The answer
// is that of the last one asked. again says that the event was sent before.
func (p *Publisher) send(ctx context.Context, sink *target, e event.Event, again bool) answer {
	asked, result := sink, resultDelivered
	a := sink.post(ctx, e)
	if a.verdict == refused && p.deadLetterSink != nil {
		asked, result = p.deadLetterSink, resultDeadLettered
		a = p.deadLetterSink.post(ctx, deadLetter(sink.overrides.set(e), sink.label, a))
	}
	switch a.verdict {
	case accepted:
		asked.health.worked(p.log, asked.label)
	case refused:
		result = resultRefused
	default:
		result = resultFailed
	}
	if a.verdict != accepted && ctx.Err() != nil {
		return a // nobody's fault
	}
	deliveries.WithLabelValues(result).Inc()
	if again {
		retries.Inc()
	}
	if a.verdict != accepted {
		asked.health.failed(p.log, asked.label, a.err)
	}
	return a
}
