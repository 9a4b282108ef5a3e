package output

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Column is one of a table.
type Column struct {
	Title string
	// Right says that its cells are numbers, Wide that only -o wide shows it.
	Right, Wide bool
}

// Cell is a text in a table. It is made Printable.
type Cell struct {
	Text   string
	Colour Colour
}

// Table is what people read. Each row has a cell for each column.
type Table struct {
	Columns []Column
	Rows    [][]Cell
}

// Text is a cell of a text; "-" where it is empty.
func Text(text string) Cell {
	if text == "" {
		text = "-"
	}
	return Cell{Text: text}
}

// Number is a cell of a number.
func Number(n int64) Cell { return Cell{Text: fmt.Sprint(n)} }

// gap is what stands between two columns.
const gap = "   "

// Print writes the table. With wide it has all columns; headers are left out on request.
func (t *Table) Print(out io.Writer, s Screen, wide, headers bool) error {
	var rows [][]Cell
	if headers {
		titles := make([]Cell, len(t.Columns))
		for i, c := range t.Columns {
			titles[i].Text = c.Title
		}
		rows = append(rows, titles)
	}
	rows = append(rows, t.Rows...)
	shown := make([]int, 0, len(t.Columns))
	for i, c := range t.Columns {
		if wide || !c.Wide {
			shown = append(shown, i)
		}
	}
	widths := make([]int, len(t.Columns))
	for _, row := range rows {
		for _, i := range shown {
			row[i].Text = Printable(row[i].Text)
			widths[i] = max(widths[i], columns(row[i].Text))
		}
	}
	w := bufio.NewWriter(out)
	for _, row := range rows {
		var line strings.Builder
		for at, i := range shown {
			if at > 0 {
				line.WriteString(gap)
			}
			padding := strings.Repeat(" ", widths[i]-columns(row[i].Text))
			if t.Columns[i].Right {
				line.WriteString(padding + s.Paint(row[i].Text, row[i].Colour))
			} else {
				line.WriteString(s.Paint(row[i].Text, row[i].Colour) + padding)
			}
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight(line.String(), " ")) // Flush tells
	}
	return w.Flush()
}
