// Package database says where the Inventory Database is, and what its errors mean: what the archive,
// which writes it, and the bridge, which looks in it, have in common.
//
// A password is never in what it prints: it belongs in a file or the environment, and errors name no
// more than user, host and database.
package database
