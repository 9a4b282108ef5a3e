package stock

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func FuzzDecode(f *testing.F) {
	for _, record := range append(everyKind(), blanks()...) {
		encoded, err := Encode(record)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
	}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		record, err := Decode(encoded)
		if err != nil {
			return
		}
		again, err := Encode(record)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encoded, again) {
			t.Errorf("%x is decoded, and encoded as %x", encoded, again)
		}
	})
}

// FuzzApply reads bytes as records of a few carts, items and keys, in any order and with
// any numbers, on pages that jump, under heads and marks that make no sense.
func FuzzApply(f *testing.F) {
	f.Add([]byte("\x04\x01\x01\x02\x05\x06\x01\x02\x03\x07\x01\x02\x03\x04\x01\x01\x02\x05"))
	f.Add(bytes.Repeat([]byte{4, 1, 255, 7, 1, 9, 12, 1, 3, 2, 1, 3, 11, 1, 8}, 9))
	f.Add(bytes.Repeat([]byte{2, 1, 3, 3, 2, 5, 13, 1, 3, 10, 1, 3, 8, 7, 9, 200}, 9))
	f.Fuzz(func(t *testing.T, source []byte) {
		source = source[:min(len(source), 600)]
		writes := hostile(&tape{source})
		s, again := New(), New()
		for _, w := range writes {
			if err := s.Apply(w); err != nil {
				t.Fatal(err)
			}
			check(t, s)
		}
		for _, w := range writes {
			if err := again.Apply(w); err != nil {
				t.Fatal(err)
			}
		}
		before := dump(t, s)
		if diff := cmp.Diff(before, dump(t, again)); diff != "" {
			t.Errorf("the same again (-first +second):\n%s", diff)
		}
		policy := Policy{Retention: minute, Grace: second, CompactAbove: 10, Batch: 2000, Limit: 500}
		Decide(s, []Request{
			aReserve(1), Release{Reservation: "a"}, Consume{Reservation: "b"}, Expire{Reservation: "c"}, PutItem{Item: anItem()}, DropItem{UID: "a", Version: 1 << 50},
		}, start, 1<<62, policy)
		if diff := cmp.Diff(before, dump(t, s)); diff != "" {
			t.Errorf("Decide has changed State (-before +after):\n%s", diff)
		}
		check(t, s)
	})
}

// tape gives one byte after the other, then zeros.
type tape struct{ bytes []byte }

func (f *tape) next() int64 {
	if len(f.bytes) == 0 {
		return 0
	}
	b := f.bytes[0]
	f.bytes = f.bytes[1:]
	return int64(b)
}

// number is small, or near one of the ends.
func (f *tape) number() int64 {
	switch n := f.next(); {
	case n < 200:
		return n % 10
	case n < 220:
		return -n
	case n < 240:
		return 1<<63 - 1 - n
	default:
		return -1<<63 + n
	}
}

func (f *tape) id() ID { return []ID{"a", "b", "c", uuidOf(1, 1), ""}[f.next()%5] }

func (f *tape) place() string { return []string{"ams", "ber"}[f.next()%2] }

func (f *tape) allocations() []Allocation {
	var all []Allocation
	for range f.next() % 4 {
		all = append(all, Allocation{Product: f.id(), Location: f.place(), Quantity: f.number(), Consumed: f.number(), Released: f.number()})
	}
	return all
}

func (f *tape) reservation(phase Phase) Reservation {
	return Reservation{
		ID: f.id(), Phase: phase, Number: uint64(f.number()), Command: Command{ID: f.id(), Time: Time(f.number())},
		Object: f.object(), Allocations: f.allocations(), At: Time(f.number()), Ended: Time(f.number()),
	}
}

func (f *tape) object() Object {
	return Object{UID: f.id(), Name: string(f.id()), Version: uint64(f.number()), Gone: f.next()%2 == 1}
}

func (f *tape) change() Change {
	phase := []Phase{PhaseReserved, PhaseReleased, PhaseConsumed}[f.next()%3]
	return Change{Reservation: f.id(), Phase: phase, Allocations: f.allocations(), Ended: Time(f.number())}
}

func (f *tape) total() Total { return Total{f.id(), f.place(), f.number()} }

func (f *tape) record() Record {
	switch Kind(f.next() % 15) {
	case KindItem:
		return &ItemRecord{Item: Item{
			UID: f.id(), Name: "n", Product: f.id(), Location: f.place(), Created: Time(f.number()), Version: uint64(f.number()),
			Received: f.number(), Sellable: f.number(), SafetyStock: f.number(), Priority: int32(f.number()), Refused: f.number(),
		}}
	case KindItemGone:
		return &ItemGone{UID: f.id(), Version: uint64(f.number())}
	case KindReserved:
		return &Reserved{f.reservation(PhaseReserved)}
	case KindRefused:
		return &Refused{f.reservation(PhaseRefused), []RefusedCount{{f.id(), f.number()}}}
	case KindReleased:
		return &Released{f.change()}
	case KindConsumed:
		return &Consumed{f.change(), []Total{f.total()}}
	case KindExtended:
		return &Extended{Reservation: f.id(), Expires: Time(f.number())}
	case KindOrdered:
		return &Ordered{Reservation: f.id(), Order: f.id()}
	case KindReader:
		return &ReaderRecord{Name: string(f.id()), Position: string(f.id())}
	case KindShown:
		return &Shown{Reservation: f.id(), Object: f.object()}
	case KindCart:
		return &Cart{f.reservation(Phase(1 + f.next()%4))}
	case KindTotal:
		return &TotalRecord{Total: f.total()}
	default:
		return &Term{Leader: "l"}
	}
}

func hostile(f *tape) []*Write {
	var writes []*Write
	for len(f.bytes) > 0 {
		w := &Write{
			Page: uint64(f.next() % 8), Head: uint64(f.next() % 6), Stored: f.next(),
			Marks: Marks{Published: uint64(f.number()), Outcomes: uint64(f.number()), At: Time(f.number())},
		}
		for range f.next() % 5 {
			encoded, err := Encode(f.record())
			if err != nil {
				panic(err)
			}
			w.Records = append(w.Records, encoded)
		}
		writes = append(writes, w)
	}
	return writes
}
