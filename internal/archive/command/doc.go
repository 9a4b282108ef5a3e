// Package command is `inventory-operator archive`: its flags, its subcommands, and the process
// around package archive.
//
// A password is never in what it prints: the URL of the database is read from a file or the
// environment, and errors name no more than user, host and database.
package command
