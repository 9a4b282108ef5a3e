package sheet

import (
	"encoding/csv"
	"io"
	"strings"
)

// Writer writes a sheet.
type Writer struct{ csv *csv.Writer }

// NewWriter writes the headings, separated by comma or what is given.
func NewWriter(out io.Writer, separator rune) (*Writer, error) {
	w := csv.NewWriter(out)
	w.Comma = separator
	return &Writer{w}, w.Write(Headings)
}

// Write writes one row: cells by their headings, empty where there are none.
func (w *Writer) Write(cells map[string]string) error {
	row := make([]string, len(Headings))
	for i, heading := range Headings {
		row[i] = escape(cells[heading])
	}
	return w.csv.Write(row)
}

// Flush writes what is left.
func (w *Writer) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

// formula are the characters with which a spreadsheet begins a formula.
const formula = "=+-@\t\r"

// escape keeps a text from being a formula. Numbers are none.
func escape(text string) string {
	if text == "" || !strings.ContainsRune(formula+"'", rune(text[0])) || isNumber(text) {
		return text
	}
	return "'" + text
}

func unescape(text string) string {
	if len(text) > 1 && text[0] == '\'' && strings.ContainsRune(formula+"'", rune(text[1])) {
		return text[1:]
	}
	return text
}

func isNumber(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}
