// Package migrations has the SQL that makes the tables of the Inventory Database, and nothing
// else: package schema runs it, and package contract reads from it what each table and column is.
package migrations

import "embed"

// Files are the migrations, in the order of their names.
//
//go:embed *.sql
var Files embed.FS
