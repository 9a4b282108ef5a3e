// Package publisher sends the outcome of every cart to a sink, as one CloudEvent over HTTP
// in binary mode, at least once, always under the same event id with the same payload.
//
// The journal is the outbox. In each term of this process a [Publisher] reads the outcomes
// of a namespace from its State, in the order of their numbers, and sends them. Up to which
// number everything was delivered is a mark of the journal, which the publisher moves. What
// is above the mark when a process begins to lead is sent, so some of it twice. Nothing is
// written to the API per event.
//
// What a sink's answer leads to:
//
//   - 2xx: delivered.
//   - 404, 408, 409, 425, 429, 5xx, a time-out or a broken connection: tried again with
//     backoff (0.2 s doubling to 60 s, full jitter), or after Retry-After if that is later
//     (at most an hour). A sink that is not there (404, or no connection) is asked every
//     5 s at least. Other events are not held up, and retries get half of a namespace's
//     turns. The mark is held up. When nothing but failures has come of three different
//     outcomes, the namespace's events are tried one at a time (and one that was never
//     tried), a few seconds apart at most, until the sink takes one; then all go on, in
//     their order. One that goes on failing while the sink takes others is brought
//     forward less and less, once a minute in the end.
//   - anything else is a refusal: the event goes to the dead-letter sink, if there is
//     one, with the extensions knativeerrordest, knativeerrorcode and
//     knativeerrordata, and counts as delivered once that has taken it. If there is
//     none, or it refuses too, the object that shows the reservation gets the condition
//     Delivered=False, the mark moves on without it, and it is tried again at least every
//     ten minutes. Delivered=True is written when it is delivered after all. A reservation
//     without an object is named in the log, and tried again by this process alone.
//
// Events are sent in the order of the journal, as many at the same time as there are
// workers, for all namespaces together: they take turns. So a sink sees them in about that
// order, and exactly in it with one worker, for as long as it takes them all. Changes of stock are
// sent beside them, one at a time for each namespace.
//
// The annotation inventory.acme.com/sink of a Namespace names another sink for its outcomes.
// Until the Namespace was seen, and while the annotation names no sink, they wait.
//
// Where it is asked for, the ends of reservations are sent, too: that all was given back, or some
// of it shipped. They have no numbers: how far they were told is the position of the reader
// stock.EndsReader, a time, and State keeps what is behind it. Each goes after its outcome.
//
// Without a sink every outcome counts as delivered and the mark moves, so that a
// sink that is set later gets what is decided from then on, not the history.
//
// Callers owe it: what the watch of Namespaces sees ([Publisher.SeeNamespace]); nobody but this
// package writes the condition Delivered, and nobody drops it; statuses show outcomeID; what the
// journal forgets, or deletes, it compares with the mark; the runner outlives the calls of
// [Publisher.Attend], or their last word is lost.
package publisher
