// Package books adds up, for tests, what a namespace's journal says: record by record, with
// code of its own.
//
// Books are fed the versions of pages in the order in which they came to be. They judge
// each record as it comes: nothing is promised twice, a cart gets all of its lines or none,
// a refusal names what there was, what was decided stays, restated facts are what they
// were, and the head passes nothing that counts. They remember what stood where, so that a
// status which says its position can be compared with the journal at that very place.
//
// They share no accounting with the operator: of internal/stock they use the decoding of
// records alone, and of internal/journal that of pages. They watch nothing: test/testbed
// feeds them.
package books
