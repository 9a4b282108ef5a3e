package postgres

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The roles of every server. Superuser is the name of its database, too.
const (
	Superuser = "postgres"
	// PlainRole may log in, owns the databases that CreateDatabase makes, and nothing else.
	PlainRole = "inventory"
)

// PasswordOf is a role's password: no secret, but wrong ones are refused.
func PasswordOf(role string) string { return "password-of-" + role }

// URL is how a role reaches a database, with its password.
func (s *Server) URL(role, database string) string { return urlOf(s.options.Port, role, database) }

func urlOf(port int, role, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, PasswordOf(role)),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Path: "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// CreateRole makes one more role that may log in and nothing else.
func (s *Server) CreateRole(ctx context.Context, name string) error {
	return s.Do(ctx, "CREATE ROLE "+quoted(name)+" LOGIN PASSWORD '"+PasswordOf(name)+"'")
}

// createRole makes PlainRole, unless it is there.
func (s *Server) createRole(ctx context.Context) error {
	const duplicateObject = "42710"
	var refused *pgconn.PgError
	if err := s.CreateRole(ctx, PlainRole); !errors.As(err, &refused) || refused.Code != duplicateObject {
		return err
	}
	return nil
}

// CreateDatabase makes an empty database that PlainRole owns, in the place of one of that name
// if there is one.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	if err := s.DropDatabase(ctx, name); err != nil {
		return err
	}
	return s.Do(ctx, "CREATE DATABASE "+quoted(name)+" OWNER "+PlainRole)
}

// EnsureDatabase makes an empty database that PlainRole owns, unless there is one of that name.
func (s *Server) EnsureDatabase(ctx context.Context, name string) error {
	const duplicateDatabase = "42P04"
	var refused *pgconn.PgError
	err := s.Do(ctx, "CREATE DATABASE "+quoted(name)+" OWNER "+PlainRole)
	if errors.As(err, &refused) && refused.Code == duplicateDatabase {
		return nil
	}
	return err
}

// DropDatabase removes a database, if it is there, with the connections to it.
func (s *Server) DropDatabase(ctx context.Context, name string) error {
	return s.Do(ctx, "DROP DATABASE IF EXISTS "+quoted(name)+" WITH (FORCE)")
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
