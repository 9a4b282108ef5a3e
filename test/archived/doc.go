// Package archived reads the database of an archive beside the archive, and compares it with a
// replay of the journal and with what clients were told. It stands by itself so that who needs
// package testbed alone, such as the modules of the engines, needs no driver of a database.
package archived
