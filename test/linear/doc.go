// Package linear says what the service promises to clients that use it at the
// same time, as a sequential model of its own, and checks histories of what they
// were told against it with porcupine.
//
// The model is written from the published contract and knows nothing of how the
// service works: it imports neither internal/stock nor internal/allocator. A
// History has an order in which every answer is right, or it is refused:
//
//   - A cart is decided once, all of it or nothing, against the units that are
//     free at that moment; a refusal names exactly these. Repeating a command
//     tells the same.
//   - Release and consume take effect once, and exclude each other. A partial
//     consume states running totals. What was consumed in time never expires.
//   - A Reservation that is looked at shows everything that anybody was told.
//   - Units that were given back are on sale again at the latest Lag after
//     somebody was told so, and never before. Lag is 0: it is one record that ends
//     the hold and frees the units, whoever tells of it.
//   - A stock level is exact between decisions, also one told by a standby: clients
//     say how much of the journal they have seen, and get an answer that includes it.
//
// Several things happen by themselves between two answers: an outcome or a
// shipment becomes visible, a hold expires, units return. The model lets them
// happen at any moment they may. Callers record a command without an answer as
// Unknown: it may have taken effect at any later time, or not.
package linear
