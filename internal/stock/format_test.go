package stock

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
)

// formatOne has the fields of each kind that a reader of format 1 knows. It never changes: a new
// field raises the format (FormatOf, journal.Format).
var formatOne = map[Kind]string{
	KindTerm:     "1 2",
	KindItem:     "1 2 3 4 5 6 7 8 9 10 11 12 13 14 30",
	KindItemGone: "1 2 3 30",
	KindReserved: reservationOne,
	KindRefused:  reservationOne + " 40 40.1 40.2",
	KindReleased: changeOne,
	KindConsumed: changeOne + " 40 40.1 40.2 40.3",
	KindOrdered:  "1 2 3 30",
	KindReader:   "1 2 30",
	KindShown:    "1 2 2.1 2.2 2.3 2.4 30",
	KindCart:     reservationOne,
	KindTotal:    "1 2 3 30",
	KindFounded:  "1 30",
}

const (
	reservationOne = "1 2 3 4 5 6 7 8 9 9.1 9.2 9.3 9.4 9.5 10 10.1 10.2 10.3 10.4 11 11.1 11.2 " +
		"12 12.1 12.2 12.3 12.4 12.5 13 13.1 13.2 13.3 14 15 16 17 18 19 20 21"
	changeOne = "1 2 3 3.1 3.2 3.3 3.4 3.5 4 5 6 7 30"
)

// A record says that it takes format 2 where it has a field that format 1 does not have, and
// never otherwise: each field of each kind by itself.
func TestFormatOf(t *testing.T) {
	for kind := KindTerm; kind <= KindRestore; kind++ {
		known := strings.Fields(formatOne[kind])
		for name, record := range singles(kind) {
			fields := fieldsOf(t, record)
			newer := slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return slices.Contains(known, f) })
			if got := FormatOf(record); (got > 1) != (len(newer) > 0) {
				t.Errorf("%T with %s takes format %d; of its fields %v format 1 does not know %v", record, name, got, fields, newer)
			}
		}
	}
}

// A batch takes the newest format that any of its records takes.
func TestBatchFormat(t *testing.T) {
	s := New()
	decide := func(request Request) Batch {
		b := Decide(s, []Request{request}, start, 1, Policy{Batch: 1 << 18, Retention: hour})
		if err := s.Apply(&Write{Page: 1, Head: b.Head, Marks: b.Marks, Records: b.Records}); err != nil {
			t.Fatal(err)
		}
		return b
	}
	item := anItem(func(i *Item) { i.Received = 10 })
	formats := []int{
		decide(PutItem{Item: item, Read: item.Version}).Format,
		decide(Reserve{Wanted: Reservation{ID: "r", Cart: "c", Lines: []Line{{item.Product, 1}}}, Hold: hour}).Format,
		decide(Extend{Reservation: "r", Expires: start + 2*hour}).Format,
		decide(Extend{Reservation: "r", Expires: start + 2*hour}).Format,
	}
	if diff := cmp.Diff([]int{1, 1, 2, 0}, formats); diff != "" {
		t.Errorf("the formats of an item, a cart, an extension and its repetition (-want +got):\n%s", diff)
	}
}

// singles are records of a kind of which one field alone is set, by its name.
func singles(kind Kind) map[string]Record {
	all := map[string]Record{}
	var walk func(of reflect.Type, at []int)
	walk = func(of reflect.Type, at []int) {
		for i := range of.NumField() {
			f, path := of.Field(i), append(slices.Clone(at), i)
			if f.Anonymous {
				walk(f.Type, path)
				continue
			}
			record := blank(kind)
			set(reflect.ValueOf(record).Elem().FieldByIndex(path))
			all[f.Name] = record
		}
	}
	walk(reflect.TypeOf(blank(kind)).Elem(), nil)
	return all
}

// set gives a value something that is not zero, all the way down.
func set(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(1)
	case reflect.Struct:
		for i := range v.NumField() {
			set(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		set(v.Index(0))
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"x": "x"}))
	default:
		panic(fmt.Sprintf("no value for a %s", v.Type()))
	}
}

// fieldsOf are the keys of the fields that a record has, those within a field after its own.
func fieldsOf(t *testing.T, record Record) []string {
	t.Helper()
	encoded, err := Encode(record)
	if err != nil {
		t.Fatal(err)
	}
	var body any
	if err := cbor.Unmarshal(encoded[1:], &body); err != nil {
		t.Fatal(err)
	}
	var fields []string
	var walk func(value any, prefix string)
	walk = func(value any, prefix string) {
		switch v := value.(type) {
		case map[any]any:
			for key, value := range v {
				if number, ok := key.(uint64); ok { // else it is a name of an extension
					name := fmt.Sprintf("%s%d", prefix, number)
					fields = append(fields, name)
					walk(value, name+".")
				}
			}
		case []any:
			for _, value := range v {
				walk(value, prefix)
			}
		}
	}
	walk(body, "")
	slices.Sort(fields)
	return fields
}
