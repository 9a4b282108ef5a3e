package events

import (
	"fmt"
	"strings"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"

	v1 "github.com/acme/inventory-service/api/v1"
)

// What is kept of a command's extensions, and what is not.
func TestCarried(t *testing.T) {
	many := map[string]string{"traceparent": "00-1", "zz": "last"}
	kept := map[string]string{"traceparent": "00-1"}
	for i := range 25 {
		name := fmt.Sprintf("a%02d", i)
		many[name] = "x"
		if i < 19 {
			kept[name] = "x"
		}
	}
	long := strings.Repeat("x", 500)
	for name, tc := range map[string]struct {
		extensions, want map[string]string
		dropped          int
	}{
		"none": {},
		"all": {
			map[string]string{"correlationid": "c", "replyid": "r", "other": "o", "knativearrivaltime": "t", "knativebrokerttl": "255", "causationid": "i", "causationsource": "s",
				"dataref": "https://store/1", "expirytime": "2020-01-01T00:00:00Z", "sequence": "7", "partitionkey": ""},
			map[string]string{"correlationid": "c", "replyid": "r", "other": "o"}, 0,
		},
		"too many":      {many, kept, 7},
		"too long":      {map[string]string{"aa": long, "tracestate": long}, map[string]string{"tracestate": long}, 1},
		"room for more": {map[string]string{"aa": long, "tracestate": long, "z": "1"}, map[string]string{"tracestate": long, "z": "1"}, 1},
		"just":          {map[string]string{"a": strings.Repeat("x", 511)}, map[string]string{"a": strings.Repeat("x", 511)}, 0},
		"just not":      {map[string]string{"a": strings.Repeat("x", 512)}, nil, 1},
	} {
		got, dropped := Carried(tc.extensions)
		if diff := cmp.Diff(tc.want, got); diff != "" || dropped != tc.dropped {
			t.Errorf("%s: %d dropped, want %d %s", name, dropped, tc.dropped, diff)
		}
	}
}

// The command's own partitionkey goes before the cart; a command without a source names
// nothing; an object of a person has a key alone.
func TestOutcomeExtensions(t *testing.T) {
	for name, tc := range map[string]struct {
		command *v1.Command
		want    map[string]any
	}{
		"carried": {
			&v1.Command{Source: "/s", ID: "1", Extensions: map[string]v1.Extension{"partitionkey": "p", "correlationid": "é"}},
			map[string]any{"partitionkey": "p", "correlationid": "é", "causationid": "1", "causationsource": "/s"},
		},
		"asked by RequestReply": {
			&v1.Command{Source: "/s", ID: "a:b", Extensions: map[string]v1.Extension{"correlationid": "a:b:cHJvb2Y=:0"}},
			map[string]any{
				"partitionkey": "cart-1", "correlationid": "a:b:cHJvb2Y=:0", "replyid": "a:b:cHJvb2Y=:0",
				"causationid": "a:b", "causationsource": "/s",
			},
		},
		"asked by another": {
			&v1.Command{Source: "/s", ID: "1", Extensions: map[string]v1.Extension{"correlationid": "2:cHJvb2Y=:0"}},
			map[string]any{"partitionkey": "cart-1", "correlationid": "2:cHJvb2Y=:0", "causationid": "1", "causationsource": "/s"},
		},
		"with a replyid of its own": {
			&v1.Command{Source: "/s", ID: "1", Extensions: map[string]v1.Extension{"correlationid": "1:cHJvb2Y=:0", "replyid": "r"}},
			map[string]any{"partitionkey": "cart-1", "correlationid": "1:cHJvb2Y=:0", "replyid": "r", "causationid": "1", "causationsource": "/s"},
		},
		"without a source": {&v1.Command{ID: "made up"}, map[string]any{"partitionkey": "cart-1"}},
		"an object":        {nil, map[string]any{"partitionkey": "cart-1"}},
	} {
		r := reservedReservation()
		r.Spec.Command = tc.command
		event, _ := Outcome(r)
		if diff := cmp.Diff(tc.want, event.Extensions()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestForHeaders(t *testing.T) {
	event := newEvent(TypeStockLevel, "/s", "1", `a "b" %41 é`)
	event.SetExtension("correlationid", "ü")
	event.SetExtension("plain", "a-b/c")
	got := ForHeaders(event)
	if got.Subject() != "a%20%22b%22%20%2541%20%C3%A9" || got.Extensions()["correlationid"] != "%C3%BC" || got.Extensions()["plain"] != "a-b/c" {
		t.Errorf("%s", got)
	}
	if event.Extensions()["correlationid"] != "ü" {
		t.Error("the event itself is changed")
	}
}

// Answers to two commands have two ids, the same for the same command, and a command that
// would make headers long is not named.
func TestAnswering(t *testing.T) {
	answer := func(source, id string) cloudevents.Event {
		event := newEvent(TypeReleased, "/s", "outcome.released", "r")
		Answering(&event, source, id, nil)
		return event
	}
	one, same, other, long := answer("/a", "1"), answer("/a", "1"), answer("/a", "2"), answer("/a", strings.Repeat("é", 200))
	if one.ID() != same.ID() || one.ID() == other.ID() || answer("/a1", "").ID() == one.ID() {
		t.Errorf("%s, %s, %s", one.ID(), same.ID(), other.ID())
	}
	if one.Extensions()[ExtensionCausationID] != "1" || long.Extensions()[ExtensionCausationID] != nil {
		t.Errorf("%v, %v", one.Extensions(), long.Extensions())
	}
}
