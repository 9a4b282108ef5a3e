package sheet

import (
	"fmt"
	"slices"
	"strings"
)

// Field is what a column is about, and its heading unless another is given for it.
type Field string

// The fields that are read. Counted is what was counted on hand; Generation and Consumed say
// how the StockItem was when the sheet was made.
const (
	Name        Field = "name"
	Product     Field = "product"
	Location    Field = "location"
	Received    Field = "received"
	Counted     Field = "counted"
	SafetyStock Field = "safetyStock"
	LowStock    Field = "lowStockThreshold"
	Priority    Field = "priority"
	Suspended   Field = "suspended"
	Tracking    Field = "tracking"
	Consumed    Field = "consumed"
	Generation  Field = "generation"
)

// Fields are all that are read.
var Fields = []Field{Name, Product, Location, Received, Counted, SafetyStock, LowStock, Priority, Suspended, Tracking, Consumed, Generation}

// Headings are those of a sheet that is written, in their order. Those that are no Fields are
// for people.
var Headings = []string{
	string(Name), string(Product), string(Location), string(Received), string(Counted), string(SafetyStock), string(LowStock), string(Priority),
	string(Suspended), string(Tracking), "onHand", "reserved", "available", string(Consumed), string(Generation),
}

// ParseColumns reads FIELD=HEADING, ...: which heading of a file each field has. A heading
// with a comma is written in double quotes.
func ParseColumns(text string) (map[Field]string, error) {
	columns := map[Field]string{}
	for _, part := range splitQuoted(text) {
		name, heading, found := strings.Cut(strings.TrimSpace(part), "=")
		field := Field(name)
		switch {
		case !found || heading == "":
			return nil, fmt.Errorf("%q: write FIELD=HEADING", part)
		case !slices.Contains(Fields, field):
			return nil, fmt.Errorf("%q is no field: use %s", name, fieldNames())
		case columns[field] != "":
			return nil, fmt.Errorf("%s is given twice", field)
		}
		columns[field] = heading
	}
	return columns, nil
}

// splitQuoted splits at the commas that are not in double quotes, and takes the quotes off.
func splitQuoted(text string) (parts []string) {
	var part strings.Builder
	quoted := false
	for _, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteRune(c)
		}
	}
	if part.Len() > 0 {
		parts = append(parts, part.String())
	}
	return parts
}

func fieldNames() string {
	names := make([]string, len(Fields))
	for i, f := range Fields {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}
