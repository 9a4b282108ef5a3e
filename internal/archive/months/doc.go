// Package months keeps the partitions of the Inventory Database: one a month for each table that
// is partitioned, named after it and its month, such as reservations_2026_11. Months are of UTC.
//
// There is no default partition: what has none cannot be written, so whoever writes makes it
// first. It makes them ahead, and drops none by itself.
package months
