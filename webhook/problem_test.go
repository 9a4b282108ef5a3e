package webhook

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
)

// A problem document fits into a dead letter, whatever it has to tell.
func TestProblemIsShort(t *testing.T) {
	nasty := strings.Repeat("\x00<é\xff", 200) // each byte takes up to six in JSON
	cases := map[string]*failure{
		"plain":           fail(invalid, "short"),
		"long detail":     fail(tryLater, "%s", nasty),
		"many violations": {kind: invalid, detail: nasty, violations: []events.Violation{{Field: "a", Detail: nasty}, {Field: "b", Detail: nasty}}},
		"long field":      {kind: invalid, detail: nasty, violations: []events.Violation{{Field: nasty, Detail: nasty}}},
		"long id":         {kind: tryLater, detail: nasty, reservationID: nasty},
	}
	for name, f := range cases {
		t.Run(name, func(t *testing.T) {
			body := newProblem(f, true).encode()
			var p problem
			if err := json.Unmarshal(body, &p); err != nil {
				t.Fatal(err)
			}
			if len(body) > maxProblem || p.Status != f.kind.Event || p.Title != f.kind.Title {
				t.Errorf("%d bytes: %s", len(body), body)
			}
		})
	}
}

func TestProblem(t *testing.T) {
	f := invalidMessage(&events.InvalidError{Violations: []events.Violation{{Field: "cartId", Detail: "is required"}, {Field: "items[3].quantity", Detail: "must be 1 to 1000000000"}}})
	const want = `{"type":"https://inventory.acme.com/problems/invalid","title":"Invalid message","status":400,` +
		`"detail":"cartId: is required; items[3].quantity: must be 1 to 1000000000","field":"cartId",` +
		`"errors":[{"field":"cartId","detail":"is required"},{"field":"items[3].quantity","detail":"must be 1 to 1000000000"}]}`
	if diff := cmp.Diff(want, string(newProblem(f, false).encode())); diff != "" {
		t.Error(diff)
	}
}

func TestClip(t *testing.T) {
	for in, want := range map[string]string{"abc": "abc", "abcdef": "abcd", "abcé": "abc", "\xffab": "?ab", "": ""} {
		if got := clip(in, 4); got != want {
			t.Errorf("clip(%q) = %q, want %q", in, got, want)
		}
	}
}
