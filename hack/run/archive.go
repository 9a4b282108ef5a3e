package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/jackc/pgx/v5"

	"github.com/acme/inventory-service/internal/postgres"
)

const (
	archiveLog = "archive.log"
	// databaseName is the archive's database.
	databaseName = "inventory"
	// databaseURLFile has how the archive and the bridge reach it, for its owner's eyes only.
	databaseURLFile = "database.url"
)

// startDatabase starts PostgreSQL with data in the run's directory, and an empty database in it
// the first time.
func (s *session) startDatabase(ctx context.Context) error {
	o := s.options
	// PostgreSQL does not run as root: as root's it runs as another user, who has to come through.
	if err := os.Chmod(o.dir, 0o711); err != nil {
		return err
	}
	s.tell.say("starting PostgreSQL, data in %s", o.file("postgres"))
	server, err := postgres.Start(ctx, postgres.Options{Dir: o.file("postgres"), Port: o.databasePort})
	if err != nil {
		return err
	}
	s.started(ctx, "PostgreSQL", server.Stop, server.Died())
	if err := server.EnsureDatabase(ctx, databaseName); err != nil {
		return err
	}
	s.databaseURL = server.URL(postgres.PlainRole, databaseName)
	file := o.file(databaseURLFile)
	s.parts = append(s.parts, part{stop: func() error { return os.RemoveAll(file) }})
	return os.WriteFile(file, []byte(s.databaseURL+"\n"), 0o600)
}

// archiveArguments are the flags of the archive.
func archiveArguments(o options, keys credentials) []string {
	return []string{
		"archive",
		"--kubeconfig=" + keys.archive,
		"--database-url-file=" + o.file(databaseURLFile),
		"--metrics-address=0",
		"--leader-election-namespace=" + systemNamespace,
		"--zap-encoder=console",
	}
}

// startArchive starts the archive, and returns once what the banner asks can be asked: the tables are
// there and, where there is a journal, its beginning is in them.
func (s *session) startArchive(ctx context.Context, keys credentials, journal bool) error {
	o := s.options
	s.tell.say("starting the archive, log in %s", o.file(archiveLog))
	archive, err := startProgram("the archive", o.file(archiveLog), exec.Command(o.operator, archiveArguments(o, keys)...))
	if err != nil {
		return err
	}
	s.started(ctx, "the archive", archive.stop, archive.died)
	err = poll(ctx, "the archive", func(ctx context.Context) error { return archives(ctx, s.databaseURL, journal) })
	if err != nil {
		return archive.explain(err)
	}
	return nil
}

// archives fails until the database has its tables and, where there is a journal, a position in it.
func archives(ctx context.Context, url string, journal bool) error {
	connection, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	var positions int
	if err := connection.QueryRow(ctx, "SELECT count(*) FROM journal_positions").Scan(&positions); err != nil {
		return fmt.Errorf("read how far the archive is: %w", err)
	}
	if journal && positions == 0 {
		return errors.New("no journal is archived yet")
	}
	return nil
}
