// Package retention drops what the Inventory Database is not to keep any longer: whole months, the
// oldest first, in the order that foreign keys allow; and the names of actors, which have a shorter
// time of their own.
//
// It never drops a month with a reservation that holds units. Before stock movements are dropped,
// their sum is written as movements of the month after, so that balances can still be recomputed.
package retention
