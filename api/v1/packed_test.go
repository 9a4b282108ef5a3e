package v1

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func journal() StockLedgerStatus {
	at := time.Date(2030, 1, 2, 3, 4, 5, 678901000, time.UTC)
	return StockLedgerStatus{
		Holder: "operator",
		InFlight: []InFlightHold{{
			UID: "u", Name: "cart", ReservedAt: metav1.NewMicroTime(at), ExpiresAt: metav1.NewTime(at.Truncate(time.Second)),
			Allocations: []Allocation{{ProductID: `a"b\c<d>`, LocationID: "l", Quantity: 2}},
		}},
		OpenFold: &Fold{ID: 3, Reservations: []FoldedReservation{{UID: "u", Name: "cart", Takes: []Take{{ProductID: "p", LocationID: "l", Quantity: 1}}}}},
	}
}

// Entries are strings, and come back as they went.
func TestPackedEntries(t *testing.T) {
	want := journal()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var raw struct {
		InFlight []string
		OpenFold struct{ Reservations []string }
	}
	if err := json.Unmarshal(text, &raw); err != nil || len(raw.InFlight) != 1 || len(raw.OpenFold.Reservations) != 1 {
		t.Errorf("%s has no strings for entries: %v", text, err)
	}
	if !strings.HasPrefix(raw.InFlight[0], `{"uid":"u","name":"cart","reservedAt":"2030-01-02T03:04:05.678901Z"`) {
		t.Errorf("the hold is %s", raw.InFlight[0])
	}
	var got StockLedgerStatus
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the journal (-want +got):\n%s", diff)
	}
}

// Entries are to the byte what encoding/json makes of them: an operator of another
// version digests them to the same.
func TestPackedEntriesAreStable(t *testing.T) {
	for _, id := range []string{"p", `a"b\c<d>&'e`, "{}[],: ", "~"} {
		for _, allocations := range [][]Allocation{nil, {}, {{LocationID: id, ProductID: id, Quantity: 1e15, Consumed: 1}}} {
			hold := journal().InFlight[0]
			hold.Name, hold.Allocations = id, allocations
			inner, err := json.Marshal(plainHold(hold))
			if err != nil {
				t.Fatal(err)
			}
			want, err := json.Marshal(string(inner))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := hold.MarshalJSON(); err != nil || string(got) != string(want) {
				t.Errorf("packed as %s, %v, want %s", got, err, want)
			}
		}
	}
}

// What somebody edited into nonsense is empty, and the rest is read.
func TestSpoiledEntries(t *testing.T) {
	for _, entry := range []string{`"{"`, `""`, `7`, `{"uid":"u"}`, `null`, `"[]"`, `"{\"uid\":7}"`, `"{\"uid\":\"u\",\"reservedAt\":\"soon\"}"`} {
		var got StockLedgerStatus
		text := `{"holder":"operator","inFlight":[` + entry + `],"openFold":{"id":3,"reservations":[` + entry + `]}}`
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Errorf("%s: %v", entry, err)
			continue
		}
		want := StockLedgerStatus{Holder: "operator", InFlight: make([]InFlightHold, 1), OpenFold: &Fold{ID: 3, Reservations: make([]FoldedReservation, 1)}}
		if entry == `"{\"uid\":\"u\",\"reservedAt\":\"soon\"}"` {
			want.OpenFold.Reservations[0].UID = "u" // a member has no such time
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", entry, diff)
		}
	}
}
