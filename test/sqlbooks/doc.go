// Package sqlbooks compares what an Inventory Database says with what the journal says, for tests.
//
// It shares no code with what writes the database but the ids; balances and carts are those of a
// replay. Callers owe it pages read at one version, and a database whose archive has caught up:
// else it tells that as a difference.
package sqlbooks
