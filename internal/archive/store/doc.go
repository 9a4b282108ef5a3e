// Package store keeps rows and position of the Inventory Database in one transaction each: what
// is archived is exactly what the journal says at the position that is stored with it.
//
// The row of the position is the fence as well: a writer claims it by its name, and each write
// changes it only where that name and the position are those that the writer knows. So of two
// writers one stops, with ErrFenced, and none writes a record twice. After a lost answer Load
// tells whether the write landed.
//
// Each statement takes arrays, one round trip for all rows of a table. No statement is prepared
// under a name, nothing is kept in a session, so PgBouncer in transaction mode is fine.
//
// It follows no journal and decides nothing about what it writes.
package store
