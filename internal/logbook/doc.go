// Package logbook prints a namespace's journal in words, one line a record, for people
// who want to know what happened and when.
//
// It reads the JournalPages with the rights of whoever calls it, at one version, and
// decides nothing. What compaction has dropped is not there any more: facts restate what
// still counts of it. A journal that is damaged is printed as far as it can be read, and
// the damage is returned as an error.
package logbook
