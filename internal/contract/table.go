package contract

// Table is a table of SQL that others may read.
type Table struct {
	Name, Summary string
	Columns       []Column
}

// Column is one of a Table, with its type in PostgreSQL.
type Column struct{ Name, Type, Summary string }

// tables are those of the archive; whoever adds one to a database declares it here.
var tables []Table

// Tables are all of them.
func Tables() []Table { return append([]Table(nil), tables...) }
