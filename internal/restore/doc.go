// Package restore carries what one journal knew to another: a File, which a person keeps, and
// the ConfigMaps in which it comes to a cluster.
//
// A File has the units ever shipped of each product from each location, the holds, and the carts
// that are over and still remembered, so that a command that is repeated after the move is a
// repetition, and an object that Git applies again the cart that it was. Objects, resourceVersions
// and StockItems are not in it: they are of the cluster that is left.
//
// The package is pure: it reads and writes nothing. Whoever reads the ConfigMaps owes it all of
// them, and may rely on Assemble to take nothing that is not whole and unchanged.
package restore
