package contract

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/acme/inventory-service/internal/archive/schema/migrations"
)

// Table is a table of SQL that others may read.
type Table struct {
	Name, Summary string
	Columns       []Column
}

// Column is one of a Table, with its type in PostgreSQL.
type Column struct {
	Name, Type, Summary string
	// Key says that it is part of the primary key, and Nullable that it may be NULL.
	Key, Nullable bool
}

// What Tables reads of a migration. Comments of SQL are no part of it.
var (
	createTable = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \(\n(.*?)\n\)`)
	columnLine  = regexp.MustCompile(`^\t([a-z_0-9]+)\s+(\w+)(.*?),?$`)
	primaryKey  = regexp.MustCompile(`^\tPRIMARY KEY \((.*)\)`)
	commentOn   = regexp.MustCompile(`COMMENT ON (?:TABLE|COLUMN) ([a-z_0-9.]+) IS '((?:[^']|'')*)';`)
)

// Tables are those of the archive, in the order in which its migrations make them. A migration says
// what a table and a column is with COMMENT ON, and nothing says it a second time: a test compares this
// with what PostgreSQL has, and fails where a migration makes a table in a form that is not read here.
func Tables() []Table {
	var tables []Table
	comments := map[string]string{}
	for _, up := range upward() {
		for _, found := range commentOn.FindAllStringSubmatch(up, -1) {
			comments[found[1]] = strings.ReplaceAll(found[2], "''", "'")
		}
		for _, found := range createTable.FindAllStringSubmatch(up, -1) {
			tables = append(tables, Table{Name: found[1], Columns: columns(found[2])})
		}
	}
	for i := range tables {
		t := &tables[i]
		t.Summary = comments[t.Name]
		for j := range t.Columns {
			t.Columns[j].Summary = comments[t.Name+"."+t.Columns[j].Name]
		}
	}
	return tables
}

// upward is what each migration does when it is applied.
func upward() (all []string) {
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		panic("contract: " + err.Error()) // the pattern is well-formed
	}
	for _, name := range names {
		text, err := migrations.Files.ReadFile(name)
		if err != nil {
			panic("contract: " + err.Error()) // it is part of this program
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		all = append(all, up)
	}
	return all
}

// columns are those that are between the brackets of CREATE TABLE, one a line.
func columns(body string) (all []Column) {
	var key []string
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\n")
		if found := primaryKey.FindStringSubmatch(line); found != nil {
			key = strings.Split(found[1], ", ")
		} else if found := columnLine.FindStringSubmatch(line); found != nil {
			all = append(all, Column{
				Name: found[1], Type: strings.ToLower(found[2]), Key: strings.Contains(found[3], "PRIMARY KEY"),
				Nullable: !strings.Contains(found[3], "NOT NULL"),
			})
		}
	}
	for i := range all {
		all[i].Key = all[i].Key || slices.Contains(key, all[i].Name)
		all[i].Nullable = all[i].Nullable && !all[i].Key
	}
	return all
}
