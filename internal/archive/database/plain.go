package database

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// Plain is an error in one line, without the password that pgx may quote, and with what to do
// where that is known.
func Plain(err error) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return err
	}
	if hint := hints[refused.Code]; hint != "" {
		return fmt.Errorf("%w: %s", err, hint)
	}
	return err
}

var hints = map[string]string{
	"28000": "give the user and password of the database in its URL",
	"28P01": "give the user and password of the database in its URL",
	"3D000": "make the database first: CREATE DATABASE",
	"42501": "let the user own the tables, or give another user",
	"25006": "name the primary: this server only reads",
	"23505": "rows are there that the stored position does not know of: a part of the database was edited or restored. Restore all of it at one moment, or empty it: " +
		"it is made again as far as the journal goes",
	"53100": "the disk of the database is full: nothing is lost, it goes on once there is room",
}
