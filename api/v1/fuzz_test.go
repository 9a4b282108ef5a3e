package v1_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	kjson "sigs.k8s.io/json"

	v1 "github.com/acme/inventory-service/api/v1"
)

func FuzzStockItem(f *testing.F) {
	for _, seed := range []string{
		`{"spec":{"productID":"p","received":5}}`,
		`{"spec":{"productID":"p q","locationID":"l","received":1e15,"safetyStock":3,"lowStockThreshold":1,"suspended":true,"priority":-1000000,"unknown":{"a":[1]}}}`,
		`{"spec":{"productID":"p","locationID":null,"received":5.0,"priority":2147483648},"status":{"onHand":1,"refused":2,"position":"0a1b2c3d.7.12","conditions":[{"type":"Ready","status":"True","reason":"R","message":"","lastTransitionTime":"2030-01-01T00:00:00Z"}]}}`,
		`{"spec":{"productID":"p","received":1e400},"status":{"onHand":1e21}}`,
	} {
		f.Add([]byte(seed))
	}
	fuzzKind(f, "stockitems", func() *v1.StockItem { return &v1.StockItem{} })
}

func FuzzReservation(f *testing.F) {
	for _, seed := range []string{
		`{"spec":{"cartID":"c","items":[{"productID":"p","quantity":1}]}}`,
		`{"spec":{"cartID":"c","customerID":"u","orderID":"o","items":[{"productID":"p","quantity":1e9}],"holdFor":"90m","intent":"Release","releaseReason":"EXPIRED","consumeItems":[{"productID":"p","quantity":1}]}}`,
		`{"spec":{"cartID":"c","items":[{"productID":"p","quantity":1}],"holdFor":"1.5h30.25s00000001ms","releaseItems":[{"productID":"p","locationID":"l","quantity":2,"x":1}],"intent":null},"status":{"phase":null}}`,
		`{"spec":{"cartID":"c","items":[{"productID":"p","quantity":1}],"holdFor":"1h-30m"}}`,
		`{"spec":{"cartID":"c","items":[{"productID":"p","quantity":1}],"command":{"id":"i"}}}`,
		`{"spec":{"cartID":"c","items":[{"productID":"p","quantity":1}],"command":{"source":"/shop","id":"i","x":1}},"status":{"phase":"Reserved","outcomeID":"o"}}`,
		`{"spec":{"cartID":"c","items":[]},"status":{"phase":"Reserved","units":1,"allocations":[{"locationID":"l","productID":"p","quantity":1,"consumed":1,"released":1}],"outcomeID":"o","position":"0a1b2c3d.7.12","decidedAt":"2030-01-01T00:00:00.000001Z","expiresAt":"2030-01-01T00:00:00Z"}}`,
		`{"spec":{"cartID":"c","items":[{"productID":"p","quantity":1}]},"status":{"decidedAt":"2030-01-01T00:00:00Z"}}`,
		`{"spec":{"cartID":"c","items":[{"productID":"p","quantity":1}]},"status":{"phase":"Unavailable","unavailableItems":[{"productID":"p","requested":9223372036854775807,"available":9223372036854775808}]}}`,
	} {
		f.Add([]byte(seed))
	}
	fuzzKind(f, "reservations", func() *v1.Reservation { return &v1.Reservation{} })
}

func FuzzStockLedger(f *testing.F) {
	for _, seed := range []string{
		`{}`,
		`{"status":{"leader":"l","position":"0a1b2c3d.7.12","journal":{"uid":"u","namespace":"n"},"rememberedSince":"2030-01-01T00:00:00Z","totals":{"items":1,"onHand":-1,"open":2,"remembered":3,"undelivered":1}}}`,
		`{"status":{"totals":{"items":1,"onHand":-1},"audit":{"lastHandledRequest":"r","auditedAt":"2030-01-01T00:00:00Z","differences":1,"unsettled":2,"lastDifference":{"at":"2030-01-01T00:00:00+01:00","summary":"s"}}}}`,
		`{"status":{"journal":{"uid":"u"},"audit":{"differences":4.5}}}`,
		`{"status":{"leader":null,"journal":null,"rememberedSince":null,"conditions":[{"type":"JournalDamaged","status":"True","reason":"Damaged","message":"m","lastTransitionTime":"2030-01-01T00:00:00Z"}]}}`,
	} {
		f.Add([]byte(seed))
	}
	fuzzKind(f, "stockledgers", func() *v1.StockLedger { return &v1.StockLedger{} })
}

// fuzzKind plays objects of one kind. One that the API server would store must be
// readable by every client that knows the types, since a single one that is not
// blinds the informers to all others; and what a client writes back is what it
// read, but for what it changed.
func fuzzKind[T runtime.Object](f *testing.F, plural string, empty func() T) {
	f.Helper()
	definition := definitionOf(f, plural)
	f.Fuzz(func(t *testing.T, data []byte) {
		var stored map[string]any
		if utiljson.Unmarshal(data, &stored) != nil || stored == nil {
			t.Skip("no object")
		}
		stored["metadata"] = map[string]any{"name": v1.LedgerName}
		if !definition.admit(stored) {
			checkTyped(t, definition, data, empty)
			return
		}
		again := runtime.DeepCopyJSON(stored)
		if !definition.admit(again) || cmp.Diff(stored, again) != "" {
			t.Fatalf("what is stored is not admitted as it is:\n%s", cmp.Diff(stored, again))
		}
		read := decode(t, stored, empty())
		written := encode(t, read)
		if diff := cmp.Diff(withoutZeros(stored), withoutZeros(written)); diff != "" {
			t.Fatalf("a client changes what it does not know of (-stored +written):\n%s", diff)
		}
		if !definition.admit(written) {
			t.Fatalf("what a client read may not be written: %v\n%v", definition.faults(written), written)
		}
		if back := decode(t, written, empty()); !equality.Semantic.DeepEqual(read, back) {
			t.Fatalf("read again it differs (-first +second):\n%s", cmp.Diff(read, back, cmpopts.EquateEmpty()))
		}
	})
}

// checkTyped plays an object that no API server would store, but that a client
// may hold: it comes back from JSON, and the schema knows all of its fields.
func checkTyped[T runtime.Object](t *testing.T, definition *definition, data []byte, empty func() T) {
	t.Helper()
	read := empty()
	if json.Unmarshal(data, read) != nil {
		t.Skip("no client reads it")
	}
	written := encode(t, read)
	pruned := runtime.DeepCopyJSON(written)
	definition.prune(pruned)
	if diff := cmp.Diff(written, pruned); diff != "" {
		t.Fatalf("the schema does not know all fields (-written +stored):\n%s", diff)
	}
	if back := decode(t, written, empty()); !equality.Semantic.DeepEqual(read, back) {
		t.Fatalf("read again it differs (-first +second):\n%s", cmp.Diff(read, back, cmpopts.EquateEmpty()))
	}
}

// decode reads as client-go does.
func decode[T runtime.Object](t *testing.T, stored map[string]any, into T) T {
	t.Helper()
	text, err := json.Marshal(stored)
	if err != nil {
		t.Fatal(err)
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, into); err != nil {
		t.Fatalf("stored and not readable: %v\n%s", err, text)
	}
	return into
}

func encode(t *testing.T, object runtime.Object) map[string]any {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	var written map[string]any
	if err := utiljson.Unmarshal(text, &written); err != nil {
		t.Fatal(err)
	}
	return written
}

// withoutZeros is an object without what says nothing: nulls, zeros and empty
// collections. Numbers and durations that are equal look equal.
func withoutZeros(x any) any {
	switch x := x.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, value := range x {
			if name == "holdFor" {
				if hold, err := time.ParseDuration(value.(string)); err == nil {
					value = hold.String()
				}
			}
			if value = withoutZeros(value); value != nil {
				kept[name] = value
			}
		}
		if len(kept) > 0 {
			return kept
		}
	case []any:
		var kept []any
		for _, value := range x {
			kept = append(kept, withoutZeros(value))
		}
		if len(kept) > 0 {
			return kept
		}
	case float64:
		return withoutZeros(int64(x))
	case string:
		if at, err := time.Parse(time.RFC3339, x); err == nil {
			return at.UTC().Truncate(time.Microsecond).String()
		}
		if x != "" {
			return x
		}
	case bool:
		if x {
			return x
		}
	case int64:
		if x != 0 {
			return x
		}
	}
	return nil
}
