package reference

import (
	"fmt"
	"strings"

	"github.com/acme/inventory-service/internal/contract"
)

func tables() string {
	var text strings.Builder
	text.WriteString("# Tables\n\nThe tables of the Inventory Database, which [the archive](../archive.md) writes: PostgreSQL 15 or later. " +
		"`\\d+` in psql tells the same of a database. The columns of the published tables only grow. " +
		"[Ten questions](../sql-questions.md) shows how to ask. " +
		"`archive_migrations` and `archive_migrations_lock`, which are not listed, keep the version of the schema.\n\n")
	var rows [][]string
	for _, t := range contract.Tables() {
		rows = append(rows, []string{fmt.Sprintf("[`%s`](#%s)", t.Name, t.Name), t.Summary})
	}
	text.WriteString(table([]string{"table", "what"}, rows))
	for _, t := range contract.Tables() {
		rows = nil
		for _, c := range t.Columns {
			rows = append(rows, []string{code(c.Name), c.Type, nature(c), c.Summary})
		}
		fmt.Fprintf(&text, "## %s\n\n%s\n\n%s", t.Name, t.Summary, table([]string{"column", "type", "", "what"}, rows))
	}
	return text.String()
}

// nature tells whether a column is part of the key, or may have no value.
func nature(c contract.Column) string {
	switch {
	case c.Key:
		return "key"
	case c.Nullable:
		return "or NULL"
	default:
		return ""
	}
}
