package database

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Variable is where the URL of the database is found if no flag has it.
const Variable = "INVENTORY_DATABASE_URL"

// Address is where the database is, as flags and the environment say it.
type Address struct {
	// URL and File are what the flags have: at most one of them.
	URL, File string
	// Application names those who connect to the server, unless the URL does.
	Application string

	flag string
}

// Bind adds the flag of a name, which has the URL, and the one that names a file with it. What says
// what the database is for.
func (a *Address) Bind(flags *flag.FlagSet, name, what string) {
	a.flag = name
	flags.StringVar(&a.URL, name, "", fmt.Sprintf(
		"%s, such as postgres://user@host:5432/inventory; a password belongs into --%s-file or $%s (default $%s)", what, name, Variable, Variable))
	flags.StringVar(&a.File, name+"-file", "", "file with the URL; it is read again for each connection, so that user and password may change")
}

// Given tells whether a database is named at all.
func (a *Address) Given() bool { return a.URL != "" || a.File != "" || os.Getenv(Variable) != "" }

// Validate fails where both flags are given, and where one has a URL that is none.
func (a *Address) Validate() error {
	if a.URL != "" && a.File != "" {
		return fmt.Errorf("--%s and --%s-file are both given: give one", a.flag, a.flag)
	}
	if a.URL == "" {
		return nil
	}
	if _, err := a.Config(); err != nil {
		return fmt.Errorf("--%s: %w", a.flag, err)
	}
	return nil
}

// current is the URL of the database as it is given now.
func (a *Address) current() (string, error) {
	switch {
	case a.URL != "":
		return a.URL, nil
	case a.File == "":
		return os.Getenv(Variable), nil
	}
	text, err := os.ReadFile(a.File)
	if err != nil {
		return "", fmt.Errorf("read --%s-file: %w", a.flag, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// Config says how to reach the database. User and password are looked up for each connection.
func (a *Address) Config() (*pgxpool.Config, error) {
	config, err := a.parse()
	if err != nil || a.File == "" {
		return config, err
	}
	config.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error {
		now, err := a.parse()
		if err == nil {
			c.User, c.Password = now.ConnConfig.User, now.ConnConfig.Password
		}
		return err
	}
	return config, nil
}

const connectTimeout = 5 * time.Second

// parse reads the URL, or the keywords and values, that name the database. Its error never has a
// password in it.
func (a *Address) parse() (*pgxpool.Config, error) {
	url, err := a.current()
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("read the URL of the database: it is neither a URL such as postgres://user@host:5432/inventory nor keywords and values such as " +
			"host=... dbname=...: see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING")
	}
	// Nothing is prepared under a name, so that PgBouncer in transaction mode is fine.
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	config.ConnConfig.ConnectTimeout = connectTimeout
	config.MaxConns = 4
	config.MaxConnIdleTime = time.Minute
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = a.Application
	}
	return config, nil
}
