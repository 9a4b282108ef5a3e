package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Row is what a sheet says of one StockItem. What it does not say is nil.
type Row struct {
	// Line is where it stands in the file, from 1.
	Line                    int
	Name, Product, Location string
	Received, Counted       *int64
	SafetyStock, LowStock   *int64
	Priority                *int64
	Suspended               *bool
	// Tracking is Counted, Unlimited or empty.
	Tracking string
	// Consumed and Generation are those with which the sheet was made.
	Consumed, Generation *int64
	// Problems say what cannot be read, empty if all can.
	Problems []string
}

// maxUnits is what the API takes, MaxRows what is read of one file.
const (
	maxUnits = 1_000_000_000_000_000
	MaxRows  = 1_000_000
)

// Read reads a sheet: UTF-8, with headings in its first line, separated by commas, semicolons
// or tabs. columns say which headings the fields have: with any, other headings are left
// alone, and without, unknown ones are refused. An error is about the file as a whole; what is
// wrong with one row it says itself.
func Read(in io.Reader, columns map[Field]string) ([]Row, error) {
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("read the sheet: %w", err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return nil, errors.New("the sheet is not UTF-8: save it as CSV UTF-8")
	}
	records := csv.NewReader(bufio.NewReader(bytes.NewReader(text)))
	records.Comma = separator(text)
	headings, err := records.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the sheet is empty: its first line must have the headings")
	}
	if err != nil {
		return nil, fmt.Errorf("the headings cannot be read: %w", err)
	}
	at, err := locate(headings, columns)
	if err != nil {
		return nil, err
	}
	return readRows(records, at)
}

// separator is what separates the headings.
func separator(text []byte) rune {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t'} {
		if n := strings.Count(string(first), string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// locate finds the columns of the fields.
func locate(headings []string, columns map[Field]string) (map[Field]int, error) {
	at := map[Field]int{}
	for i, heading := range headings {
		heading = strings.TrimSpace(heading)
		for _, field := range Fields {
			named := string(field)
			if given, ok := columns[field]; ok {
				named = given
			}
			if heading != named {
				continue
			}
			if _, twice := at[field]; twice {
				return nil, fmt.Errorf("the heading %q is there twice", heading)
			}
			at[field] = i
		}
		if len(columns) == 0 && !slices.Contains(Headings, heading) {
			return nil, fmt.Errorf("the heading %q is not known: use %s, or say with --columns which headings they have", heading, fieldNames())
		}
	}
	for field, heading := range columns {
		if _, ok := at[field]; !ok {
			return nil, fmt.Errorf("the sheet has no heading %q, which is to be %s", heading, field)
		}
	}
	_, named := at[Name]
	_, product := at[Product]
	if !named && !product {
		return nil, fmt.Errorf("the sheet has neither %s nor %s: say with --columns which headings they have", Name, Product)
	}
	return at, nil
}

func readRows(records *csv.Reader, at map[Field]int) (rows []Row, err error) {
	for {
		cells, err := records.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) && !errors.Is(err, csv.ErrFieldCount) {
			return nil, fmt.Errorf("the sheet cannot be read from line %d on: %w", wrong.StartLine, wrong.Err)
		}
		if err != nil && wrong == nil {
			return nil, fmt.Errorf("read the sheet: %w", err)
		}
		if len(rows) == MaxRows {
			return nil, fmt.Errorf("the sheet has more than %d rows: split it", MaxRows)
		}
		line, _ := records.FieldPos(0)
		row := Row{Line: line}
		if err != nil {
			row.Problems = []string{fmt.Sprintf("it has %d cells, and the headings are another number", len(cells))}
		} else {
			row.read(cells, at)
		}
		rows = append(rows, row)
	}
}

func (r *Row) read(cells []string, at map[Field]int) {
	cell := func(f Field) string {
		if i, ok := at[f]; ok {
			return unescape(strings.TrimSpace(cells[i]))
		}
		return ""
	}
	number := func(f Field, least, most int64) *int64 {
		text := cell(f)
		if text == "" {
			return nil
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < least || n > most {
			r.Problems = append(r.Problems, fmt.Sprintf("%s %q is no whole number from %d to %d, in digits alone", f, text, least, most))
			return nil
		}
		return &n
	}
	r.Name, r.Product, r.Location = cell(Name), cell(Product), cell(Location)
	r.Received, r.Counted = number(Received, 0, maxUnits), number(Counted, 0, maxUnits)
	r.SafetyStock, r.LowStock = number(SafetyStock, 0, maxUnits), number(LowStock, 0, maxUnits)
	const mostPriority = 1_000_000
	r.Priority = number(Priority, -mostPriority, mostPriority)
	r.Consumed, r.Generation = number(Consumed, 0, maxUnits), number(Generation, 0, maxUnits)
	switch text := strings.ToLower(cell(Suspended)); text {
	case "":
	case "true", "false":
		suspended := text == "true"
		r.Suspended = &suspended
	default:
		r.Problems = append(r.Problems, fmt.Sprintf("%s %q is neither true nor false", Suspended, text))
	}
	switch r.Tracking = cell(Tracking); r.Tracking {
	case "", "Counted", "Unlimited":
	default:
		r.Problems = append(r.Problems, fmt.Sprintf("%s %q is neither Counted nor Unlimited", Tracking, r.Tracking))
	}
	if r.Name == "" && r.Product == "" {
		r.Problems = append(r.Problems, "it has neither a name nor a product")
	}
}
