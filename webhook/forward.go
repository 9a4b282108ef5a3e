package webhook

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/acme/inventory-service/internal/forward"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/tracing"
)

// elsewhereError says that another process has to answer: the one that leads the journal.
type elsewhereError struct{ journal Journal }

// Error says so.
func (s *elsewhereError) Error() string { return "another process leads" }

func decidedElsewhere(j Journal) error { return &elsewhereError{journal: j} }

// The results of forwarding, as metrics name them.
const (
	resultAnswered    = "answered"
	resultNotLeading  = "not_leading"
	resultUnreachable = "unreachable"
	resultUnanswered  = "unanswered"
)

// The pauses before the same leader is asked again.
const (
	firstPause = 20 * time.Millisecond
	lastPause  = 500 * time.Millisecond
)

// atLeader has a request served by the process that leads, be it this one: it is forwarded,
// and after a change of leader served or forwarded again, as the same command, until there
// is an answer or its time is over.
func (b *bridge) atLeader(serve serveFunc) serveFunc {
	return func(x *exchange, r *http.Request) error {
		for pause := firstPause; ; pause = min(2*pause, lastPause) {
			err := serve(x, r)
			var s *elsewhereError
			switch {
			case x.received:
				return b.refuseForwarded(x, r, err)
			case !errors.As(err, &s):
				return err
			}
			answered, err := b.passOn(x, r, s.journal, pause)
			if answered || err != nil {
				return err
			}
		}
	}
}

// refuseForwarded tells the replica that forwarded a request whether to look for another
// leader. A process that stops does not decide any more.
func (b *bridge) refuseForwarded(x *exchange, r *http.Request, err error) error {
	var s *elsewhereError
	elsewhere := errors.As(err, &s)
	stopping := errors.Is(err, namespaces.ErrNotRunning) || err != nil && r.Context().Err() != nil
	if elsewhere || stopping {
		x.tellNotLeading()
	}
	if elsewhere {
		return b.noAnswer(x, role{})
	}
	return err
}

// tellNotLeading says to the replica that forwarded a request that it is decided elsewhere.
func (x *exchange) tellNotLeading() {
	if x.received {
		x.Header().Set(forward.HeaderNotLeading, "true")
	}
}

// passOn forwards a request to who leads now, and answers with what comes back. Where that
// is nothing, it returns when the request is to be served anew: there is another leader, the
// same may be asked again, or this process decides.
func (b *bridge) passOn(x *exchange, r *http.Request, j Journal, pause time.Duration) (answered bool, err error) {
	now := roleIn(j)
	if now.decides() || now.broken != "" {
		return false, nil
	}
	ctx, cancel := context.WithDeadline(r.Context(), b.until(x, now.leader))
	defer cancel()
	over, leave := b.leaders.join(j, now.leader)
	defer leave()
	if !b.reaches(now.leader) {
		pause = b.Wait // until somebody leads
	} else if answer := b.send(ctx, over, x, r, now.leader); answer != nil {
		x.pass(answer)
		return true, nil
	}
	again := time.NewTimer(pause)
	defer again.Stop()
	select {
	case <-over.Done():
	case <-again.C:
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return false, b.noAnswer(x, now)
	}
	return false, nil
}

// reaches tells whether a leader can be asked. Before the first one has written anything
// there is none, and this process is none while it is not elected.
func (b *bridge) reaches(leader journal.Leader) bool {
	return b.Forward != nil && leader.URL != "" && leader.Key != b.Self.Key
}

// until is when the search for an answer ends: soon where the one who leads takes nothing
// that is forwarded.
func (b *bridge) until(x *exchange, leader journal.Leader) time.Time {
	if b.Forward == nil || leader.URL == "" && leader.Name != "" {
		return earlier(x.deadline, time.Now().Add(patience))
	}
	return x.deadline
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// send asks a leader, for no longer than term lasts; nil is no answer.
func (b *bridge) send(ctx, term context.Context, x *exchange, r *http.Request, leader journal.Leader) *forward.Answer {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(term, cancel)()
	message := forward.RequestOf(r, x.body, x.given)
	ctx, span := tracing.Begin(x.spanning(ctx), "forward", trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	tracing.ToHeader(ctx, message.Header)
	answer, err := b.Forward.Send(ctx, leader, message)
	result := resultAnswered
	switch {
	case errors.Is(err, forward.ErrNotSent):
		result = resultUnreachable
	case errors.Is(err, forward.ErrNotLeading):
		result, x.asked = resultNotLeading, true // it may have been carried out before it was deposed
	case err != nil:
		result, x.asked = resultUnanswered, true
	}
	span.SetAttributes(attribute.String("inventory.result", result))
	forwardedTotal.WithLabelValues(result).Inc()
	if err != nil {
		b.log.V(1).Info("A request was forwarded in vain", x.fields("leader", leader.Name, "cause", err.Error())...)
	}
	return answer
}

// pass answers with what the leader answered.
func (x *exchange) pass(answer *forward.Answer) {
	x.journal = nil // the position is the leader's
	header := x.Header()
	for name, values := range answer.Header {
		header[name] = values
	}
	x.WriteHeader(answer.Status)
	_, _ = x.Write(answer.Body)
}

// noAnswer says that no process that leads has answered in time.
func (b *bridge) noAnswer(x *exchange, here role) error {
	switch {
	case x.operation == operationReservation, x.operation == operationFind:
		return fail(tryLater, "this replica knows of no such reservation, and no process that leads has answered in time: ask again")
	case x.operation == operationStockLevel, x.operation == operationCheck:
		return fail(tryLater, "this replica does not know all that is asked for, and no process that leads has answered in time: ask again")
	case x.asked:
	case here.foreign:
		return fail(tryLater, "the journal was written by a newer release than this one, and no process of that answered in time: nothing was done, repeat the request unchanged")
	default:
		return fail(tryLater, "no process that leads was found in time, so nothing was done: repeat the request unchanged")
	}
	f := fail(tryLater, "there was no answer in time, and the command may have been carried out: repeat the request unchanged")
	f.reservationID = x.reservationID
	return f
}
