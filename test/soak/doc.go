// Package soak runs everything there is together for a long time at the bound of the
// journal: two operators whose bridges ask for tokens, two archives before PostgreSQL, a
// sink that checks who sends, audits every minute, and clients at a steady rate. In the
// first and the last quarter operators, archives and PostgreSQL are restarted, killed and
// frozen, and the sink is away; in the half between them nothing is touched, so that a leak of
// a process that lives long shows.
//
// Nothing may grow but the database of the archive. In the end audits agree, and the journal,
// the archive and the sink say of each cart what its client was told.
//
// It runs only when it is asked for, and draws what it has measured:
//
//	make soak SOAK=1h
package soak
