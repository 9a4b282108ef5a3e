// Package webhook is the bridge: it takes the commands and queries of the
// contract as CloudEvents and as plain HTTP, turns them into Reservations, and
// answers with their outcomes.
//
// One request passes through three steps, each in files of its own: decode (is
// this a message that can be accepted?), call (reserve, release, consume, look up) and
// encode (the outcome, or a problem document).
//
// The bridge decides nothing about stock and keeps nothing: it writes spec, the
// operator that leads decides and writes status, and the bridge waits for that at
// an outcomes.Board. So every replica serves, and a command that is repeated,
// here or at another replica, meets the same Reservation and gets the same
// answer. Its Reservation's name is made from the command's source and id.
//
// What happens to a Reservation later is a change: it plans what to write from
// one version of it, writes over exactly that version, and waits until the status
// shows that it was done. Parts are running totals, which the bridge spreads over
// the places that the units are in; it only ever raises them, so a repeated part
// changes nothing.
//
// How errors are told depends on who asks. Brokers deliver again on 404, 408,
// 409, 429 and 5xx, so over CloudEvents what can never succeed is 400, 413, 415
// or 422, and what may succeed later is 503. A cart that is refused is no error:
// it is answered 200 with an Inventory Unavailable event.
//
// Callers of New owe it a Board that is told of every change that the process
// learns of, and a bound on nothing: bodies, waits and header sizes are bounded
// here. There is no authentication here; Server listens on loopback unless it is
// told otherwise.
package webhook
