// Package linear says what the service promises to clients that use it at the
// same time, as a sequential model of its own, and checks histories of what they
// were told against it with porcupine.
//
// The model is written from the published contract and knows nothing of how the
// service works: it imports neither internal/ledger nor internal/allocator. A
// History has an order in which every answer is right, or it is refused:
//
//   - A cart is decided once, all of it or nothing, against the units that are
//     free at that moment; a refusal names exactly these. Repeating a command
//     tells the same.
//   - Release and consume take effect once, and exclude each other. A partial
//     consume states running totals. What was consumed in time never expires.
//   - A Reservation that is looked at shows everything that anybody was told.
//   - Units that were given back are on sale again at the latest Lag after
//     somebody was told so, and never before. It is not at once: a replica that
//     does not decide may hear of a release before the one that does.
//   - A stock level told by the leader is exact between decisions. Levels of
//     standbys, and of a leader that is being replaced, are copies that run
//     behind: they are not part of a History, but Rest is, when all is quiet.
//
// Several things happen by themselves between two answers: an outcome or a
// shipment becomes visible, a hold expires, units return. The model lets them
// happen at any moment they may. Callers record a command without an answer as
// Unknown: it may have taken effect at any later time, or not.
package linear
