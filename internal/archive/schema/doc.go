// Package schema makes and judges the tables of the Inventory Database.
//
// Its migrations are embedded, run in order, each in a transaction of its own. They are guarded
// by a row of a lock table and not by an advisory lock, which belongs to a session and so does
// not hold through PgBouncer in transaction mode.
//
// It makes no partitions: package months does.
package schema
