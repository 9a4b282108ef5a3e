// Package pgstock is an inventory service on PostgreSQL, to be measured beside the
// operator: the tables, one transaction for each cart, an outbox, and as a bound of
// what batching can win, decisions in memory that are committed in groups.
//
// It does not do what the benchmark does not ask for: nothing expires, and a cart
// that is sent twice is an error in the database. Callers own the pool and make
// the tables with Prepare before they use them.
package pgstock
