package schema

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/acme/inventory-service/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

func open(config *pgx.ConnConfig) *sql.DB { return stdlib.OpenDB(*config) }

// code is the code with which the server refuses a statement, empty where it does not.
func code(ctx context.Context, connection *pgx.Conn, statement string) string {
	_, err := connection.Exec(ctx, statement)
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
