// Package publisher sends the outcome of every decided Reservation to a sink, as
// one CloudEvent over HTTP in binary mode, at least once, always under the same
// event id with the same payload.
//
// The Reservation itself is the outbox. A [Publisher] follows the informer of the
// Reservations, sends what is decided, and keeps its place as one number per
// namespace, the cursor: the lowest resourceVersion whose outcome the sink may not
// have acknowledged. It hands the cursor to a [Journal], which keeps it in the
// StockLedger. What is at or past the cursor at a start is sent again. So nothing is
// written to the API per event. How the cursor stays safe is told at type tracker.
//
// What a sink's answer leads to:
//
//   - 2xx: delivered.
//   - 408, 429, 5xx, a time-out or a broken connection: tried again with backoff
//     (0.2 s doubling to 60 s, full jitter), or after Retry-After if that is later
//     (at most an hour). Other events are not held up. The cursor is.
//   - anything else is a refusal: the event goes to the dead-letter sink, if there is
//     one, with the extensions knativeerrordest, knativeerrorcode and
//     knativeerrordata, and counts as delivered once that has taken it. If there is
//     none, or it refuses too, the Reservation gets the condition Delivered=False,
//     the cursor moves on without it, and it is tried again at most every ten
//     minutes. Delivered=True is written when it is delivered after all.
//
// Without a sink every outcome counts as delivered and the cursor moves, so that a
// sink that is set later gets what is decided from then on, not the history.
//
// A Reservation that is deleted before its outcome was delivered is published from
// its final object, which is kept in memory alone: who deletes a Reservation
// withdraws it, and a crash at that moment may lose its event.
//
// Callers owe it: an informer of Reservations of all namespaces with statuses left
// whole; nobody but this package writes the condition Delivered, and nobody drops
// it; Reservations are not deleted by the operator before [Publisher.Delivered]
// says so.
package publisher
