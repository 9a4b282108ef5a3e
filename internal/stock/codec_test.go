package stock

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// everyKind has one full record of each kind.
func everyKind() []Record {
	cart := Reservation{
		ID: uuidOf(1, 1), Phase: PhaseReserved, Outcome: uuidOf(2, 1), Number: 70_000, Cart: "cart 7", Customer: uuidOf(3, 1),
		Order: "order-1", LaterOrder: "order-2",
		Command: Command{Source: "/shop", ID: uuidOf(4, 1), Time: start, Hash: "1234", Given: true},
		Object:  Object{UID: uuidOf(5, 1), Name: "mugs", Version: 12, Gone: true},
		Lines:   []Line{{"mug", 2}, {uuidOf(9, 1), 300}},
		Allocations: []Allocation{
			{Product: "mug", Location: "ams", Quantity: 2, Consumed: 1, Released: 1}, {Product: uuidOf(9, 1), Location: "ber", Quantity: 300},
		},
		At: start, Expires: start + hour, Ended: start + minute, Reason: "ORDER_CANCELLED", Actor: "jo",
		Extensions: map[string]string{"traceparent": "00-11", "b": "2", "a": ""}, Replaces: uuidOf(1, 7), ReplacedBy: "other",
	}
	refused := modified(cart, func(r *Reservation) {
		r.Phase, r.Allocations, r.Short = PhaseRefused, nil, []Shortage{{"mug", 2, 1}, {"pot", 1, 0}}
	})
	change := Change{
		Reservation: cart.ID, Phase: PhaseConsumed, Allocations: cart.Allocations, Reason: "EXPIRED", Ended: start, ReplacedBy: "r", Actor: "jo", At: start,
	}
	return []Record{
		&Term{Leader: "pod-1", At: start},
		&ItemRecord{Item: anItem(func(i *Item) {
			i.Sellable, i.SafetyStock, i.LowStock, i.Priority, i.Suspended, i.Refused = 9, 2, 3, -4, true, 5
		}), At: start},
		&ItemGone{UID: "item-1", Name: "mug-ams", Version: 1 << 40, At: start},
		&Reserved{cart},
		&Refused{Reservation: refused, Counts: []RefusedCount{{"item-1", 4}}},
		&Released{modified(change, func(c *Change) { c.Phase = PhaseReleased })},
		&Consumed{Change: change, Totals: []Total{{"mug", "ams", 1 << 33}}},
		&Extended{Reservation: cart.ID, Expires: start, Actor: "jo", At: start},
		&Ordered{Reservation: cart.ID, Order: "order-2", Actor: "jo", At: start},
		&ReaderRecord{Name: "archive", Position: "12:4", At: start},
		&Shown{Reservation: cart.ID, Object: cart.Object, At: start},
		&Cart{refused},
		&TotalRecord{Total: Total{"mug", "ams", 7}, At: start},
		&Founded{Replaces: "b1/c2", At: start},
		&RestoreRecord{Stage: RestoreBegun, Digest: "d1", From: "b1", At: start},
	}
}

// TestGolden keeps the coding from changing by accident: what is written must be readable
// for as long as the format has this number.
func TestGolden(t *testing.T) {
	const file = "testdata/records.golden"
	var text strings.Builder
	for i, record := range everyKind() {
		if int(record.Kind()) != i+1 {
			t.Fatalf("record %d is of kind %d", i, record.Kind())
		}
		encoded, err := Encode(record)
		if err != nil {
			t.Fatal(err)
		}
		diagnosis, err := cbor.Diagnose(encoded[1:])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "%T\n%x\n%d, %s\n\n", record, encoded, encoded[0], diagnosis)
		decoded, err := Decode(encoded)
		if err != nil {
			t.Fatalf("%T: %v", record, err)
		}
		if diff := cmp.Diff(record, decoded); diff != "" {
			t.Errorf("decoded (-want +got):\n%s", diff)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("the coding has changed (-want +got):\n%s", diff)
	}
}

// TestCodingIsDeterministicCBOR compares with a library that knows the struct tags only.
func TestCodingIsDeterministicCBOR(t *testing.T) {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	waiting := &ItemRecord{Item: anItem(func(i *Item) { i.TakesOver, i.Waits = true, true })}
	for _, record := range append(append(everyKind(), blanks()...), waiting) {
		ours, err := Encode(record)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := mode.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(hex.EncodeToString(theirs), hex.EncodeToString(ours[1:])); diff != "" {
			t.Errorf("%T (-library +ours):\n%s", record, diff)
		}
		into := blank(record.Kind())
		if err := cbor.Unmarshal(ours[1:], into); err != nil {
			t.Errorf("%T: %v", record, err)
		}
		if diff := cmp.Diff(record, Record(into)); diff != "" {
			t.Errorf("read by the library (-want +got):\n%s", diff)
		}
	}
}

func blanks() []Record {
	var blanks []Record
	for kind := KindTerm; kind <= KindFounded; kind++ {
		blanks = append(blanks, blank(kind))
	}
	return blanks
}

func TestEncodeTakesValues(t *testing.T) {
	value, err := Encode(Term{Leader: "pod-1"})
	if err != nil {
		t.Fatal(err)
	}
	pointer, err := Encode(&Term{Leader: "pod-1"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pointer, value); diff != "" {
		t.Errorf("(-pointer +value):\n%s", diff)
	}
}

// TestDecodeOfNumbers goes through the sizes of heads.
func TestDecodeOfNumbers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for bits := range 64 {
		for _, n := range []int64{1 << bits, 1<<bits - 1, -1 << bits, random.Int64() >> bits, math.MaxInt64, math.MinInt64} {
			record := &TotalRecord{Total: Total{Product: ID(strings.Repeat("p", bits*5)), Consumed: n}, At: Time(-n)}
			encoded, err := Encode(record)
			if err != nil {
				t.Fatal(err)
			}
			decoded, err := Decode(encoded)
			if err != nil {
				t.Fatalf("%d: %v", n, err)
			}
			if diff := cmp.Diff(Record(record), decoded); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		bytes string
		want  error
	}{
		"nothing":                        {"", errShort},
		"kind 0":                         {"00a0", ErrUnknownKind},
		"kind 16":                        {"10a0", ErrUnknownKind},
		"kind in two bytes":              {"1801a0", ErrUnknownKind},
		"no body":                        {"01", errShort},
		"a body that is no map":          {"0180", errType},
		"bytes after it":                 {"01a000", errTrailing},
		"an unknown field":               {"01a10301", ErrUnknownField},
		"an unknown field between":       {"01a2016161036162", ErrUnknownField},
		"a field twice":                  {"01a201616101616 1", errCanonical},
		"fields out of order":            {"01a20201016161", errCanonical},
		"a field with its zero":          {"01a10200", errCanonical},
		"a number that is too long":      {"01a1021801", errCanonical},
		"a number beyond all":            {"01a1021bffffffffffffffff", errSize},
		"an indefinite map":              {"01bf01616102ff", errType},
		"a tag":                          {"01a102c101", errType},
		"a float":                        {"01a102f93c00", errType},
		"a null":                         {"01a102f6", errType},
		"a text for a number":            {"01a1026131", errType},
		"a text that ends early":         {"01a1016361", errShort},
		"an array larger than its bytes": {"04a10b9affffffff", errSize},
		"no phase":                       {"04a10161 61", ErrUnknownPhase},
		"phase 5":                        {"0ca10205", ErrUnknownPhase},
		"a change to refused":            {"06a10202", ErrUnknownPhase},
		"phase 257":                      {"0ca102190101", errSize},
		"flag false":                     {"0ba102a104f4", errType},
		"a UUID as text":                 {"03a1017824" + hex.EncodeToString([]byte(uuidOf(1, 1))), errIDForm},
		"15 bytes for an id":             {"03a1014f" + strings.Repeat("00", 15), errType},
	} {
		t.Run(name, func(t *testing.T) {
			encoded, err := hex.DecodeString(strings.ReplaceAll(test.bytes, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			record, err := Decode(encoded)
			var wrong *DecodeError
			if !errors.Is(err, test.want) || !errors.As(err, &wrong) {
				t.Errorf("%+v, %v instead of %v", record, err, test.want)
			}
		})
	}
}

func TestIDs(t *testing.T) {
	for text, uuid := range map[ID]bool{
		"":                                     false,
		"a":                                    false,
		uuidOf(1, 2):                           true,
		"00000001-0000-5000-8000-00000000000A": false,
		"00000001-0000-5000-8000-0000000000 a": false,
		"0000000100000-5000-8000-00000000000a": false,
		"00000001-0000-5000-8000-00000000000-": false,
		"00000001-0000-5000-8000-0000000000\xff\xff": false,
	} {
		if _, ok := text.uuid(); ok != uuid {
			t.Errorf("%q is a UUID: %v", text, ok)
		}
		encoded, err := text.MarshalCBOR()
		if err != nil {
			t.Fatal(err)
		}
		var back ID
		if err := back.UnmarshalCBOR(encoded); text != ID(strings.ToValidUTF8(string(text), "")) {
			continue // the library wants texts in UTF-8; our coder keeps what came
		} else if err != nil || back != text {
			t.Errorf("%q came back as %q, %v", text, back, err)
		}
	}
}
