// Package lookup reads the Inventory Database for the bridge: what became of reservations that a
// journal has forgotten.
//
// It writes nothing, so that a read-only replica will do, and asks with one statement outside of a
// transaction, so that PgBouncer in transaction mode will. That statement is one snapshot.
//
// Whoever asks waits for as long as its context lasts, and never longer than a lookup may take;
// nothing else waits for the database. However many ask, a few connections are made: those who ask
// the same share one lookup, the others wait for their turn. Once the database has failed it is
// asked again after a pause, by one lookup alone, and until that succeeds all others fail at once.
//
// It answers where the database has the schema of this release, belongs to this cluster, and has the
// journal of the namespace as it is now: one that was deleted and made again, by somebody else
// maybe, is another. What belongs to histories that were abandoned is not told.
//
// An archive that has not come to the head of the journal has not read all that the journal has
// forgotten: it, or the replica that is asked, is behind, or the journal was replaced. Such an answer
// comes with ErrBehind, so that nobody takes it for all that there was.
//
// Callers owe it proof that the journal has forgotten what they ask for, and the head of that
// journal, read after the proof: a row may be older than what the journal says. What it returns is
// shared, and must not be changed.
package lookup
