package webhook

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/stock"
)

// members are those of a CloudEvent; what is nil is left out in binary mode.
type members map[string]any

// with is the command of the conformance tests, with other members. A member that is missing is
// one with the value gone.
func with(changes members) members {
	m := members{
		"specversion": "1.0", "id": "1234-1234-1234", "source": "/mycontext/subcontext", "type": events.TypeReserve, "data": json.RawMessage(pCart),
	}
	maps.Copy(m, changes)
	maps.DeleteFunc(m, func(_ string, value any) bool { return value == gone })
	return m
}

const gone = "(gone)"

// structured is the event as one JSON document.
func (m members) structured(t *testing.T, contentType string) *http.Request {
	t.Helper()
	return request(t, http.MethodPost, "/", m.text(t), "Content-Type", contentType)
}

func (m members) text(t *testing.T) string {
	t.Helper()
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// binary is the event as headers and a body.
func (m members) binary(t *testing.T) *http.Request {
	t.Helper()
	r := request(t, http.MethodPost, "/", string(m["data"].(json.RawMessage)))
	for name, value := range m {
		switch {
		case name == "data" || value == nil:
		case name == "datacontenttype":
			r.Header.Set("Content-Type", value.(string))
		default:
			r.Header.Set("ce-"+name, fmt.Sprint(value))
		}
	}
	return r
}

// The scenarios of the official conformance features for the HTTP binding, binary and structured:
// every attribute and the data arrive, whatever parameters the media type has.
func TestConformanceHTTPBinding(t *testing.T) {
	command := with(members{"time": "2018-04-05T03:56:24Z", "subject": "tests", "dataschema": "https://cloudevents.io/dataschema"})
	forms := map[string]func() *http.Request{}
	for _, media := range []string{"application/json", "application/json; charset=utf-8"} {
		forms["binary, "+media] = func() *http.Request { return with(command).and("datacontenttype", media).binary(t) }
		forms["structured with data of "+media] = func() *http.Request {
			return with(command).and("datacontenttype", media).structured(t, "application/cloudevents+json")
		}
	}
	for _, media := range []string{"application/cloudevents+json", "application/cloudevents+json; charset=utf-8", "application/cloudevents+json;charset=UTF-8"} {
		forms["structured, "+media] = func() *http.Request { return command.structured(t, media) }
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			m := newMemory(t, fixedNow)
			bridge := newBridge(t, over(t, everywhere{Journal: m}))
			outcome := ask(t, bridge, form()).event()
			r := find(m, outcome.Subject())
			want := stock.Command{Source: "/mycontext/subcontext", ID: "1234-1234-1234", Hash: r.Command.Hash,
				Time: stock.Time(time.Date(2018, 4, 5, 3, 56, 24, 0, time.UTC).UnixMicro())}
			if r.Command != want || r.Cart != "cart-p" || r.Lines[0] != (stock.Line{Product: "p", Quantity: 1}) {
				t.Errorf("arrived as %+v of cart %s, %+v", r.Command, r.Cart, r.Lines)
			}
		})
	}
}

func (m members) and(name string, value any) members {
	m[name] = value
	return m
}

// The valid events of the official conformance suite, as our command: each is carried out in every
// mode, and says the same in all of them.
func TestConformanceValidEvents(t *testing.T) {
	at := stock.Time(time.Date(2018, 4, 5, 17, 31, 0, 0, time.UTC).UnixMicro())
	cases := map[string]struct {
		event      members
		time       stock.Time
		source     string
		extensions map[string]string
	}{
		"minimal":               {event: members{}},
		"null for the optional": {event: members{"datacontenttype": nil, "dataschema": nil, "subject": nil, "time": nil}},
		"all core attributes": {event: members{"datacontenttype": "application/json", "dataschema": "https://cloudevents.io/dataschema", "subject": "tests",
			"time": "2018-04-05T17:31:00Z"}, time: at},
		"time in UTC":               {event: members{"time": "2018-04-05T17:31:00Z"}, time: at},
		"time with nanoseconds":     {event: members{"time": "2018-04-05T17:31:00.000000000Z"}, time: at},
		"time with positive offset": {event: members{"time": "2018-04-05T18:31:00+01:00"}, time: at},
		"time with negative offset": {event: members{"time": "2018-04-05T16:31:00-01:00"}, time: at},
		"source is a fragment":      {event: members{"source": "#fragment"}, source: "#fragment"},
		"source is an absolute URI": {event: members{"source": "https://cloudevents.io"}, source: "https://cloudevents.io"},
		"extensions of all types": {
			event: members{"extinteger": 10, "extboolean": true, "extstring": "text", "exturi": "https://cloudevents.io", "exturiref": "//authority/path",
				"exttimestamp": "2023-03-31T15:12:00Z", "extbinary": "TWE="},
			extensions: map[string]string{"extinteger": "10", "extboolean": "true", "extstring": "text", "exturi": "https://cloudevents.io", "exturiref": "//authority/path",
				"exttimestamp": "2023-03-31T15:12:00Z", "extbinary": "TWE="},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMemory(t, fixedNow)
			bridge := newBridge(t, over(t, everywhere{Journal: m}))
			event := with(tc.event)
			subjects := []string{
				ask(t, bridge, event.structured(t, "application/cloudevents+json")).event().Subject(),
				ask(t, bridge, event.binary(t)).event().Subject(),
				ask(t, bridge, batchRequest(t, event.text(t))).batch()[0].Subject(),
			}
			r := find(m, subjects[0])
			source := tc.source
			if source == "" {
				source = "/mycontext/subcontext"
			}
			if len(slices.Compact(subjects)) != 1 || r.Command.Time != tc.time || r.Command.Source != source || !maps.Equal(r.Extensions, tc.extensions) {
				t.Errorf("%v: %+v with %v", subjects, r.Command, r.Extensions)
			}
		})
	}
}

// The invalid events of the official conformance suite: each is refused for good, in every mode that
// can say it, and names what is wrong with it. In a batch it is its error alone.
func TestConformanceInvalidEvents(t *testing.T) {
	cases := map[string]struct {
		event members
		field string
		// structured says that binary mode cannot say it.
		structured bool
	}{
		"no specversion":              {members{"specversion": gone}, "specversion", false},
		"no id":                       {members{"id": gone}, "id", false},
		"no type":                     {members{"type": gone}, "type", false},
		"no source":                   {members{"source": gone}, "source", false},
		"time is garbage":             {members{"time": "lunchtime"}, "time", false},
		"time to the minute":          {members{"time": "2018-04-05T18:31Z"}, "time", false},
		"time with offset X":          {members{"time": "2018-04-05T18:31:00X"}, "time", false},
		"time with offset too far":    {members{"time": "2018-04-05T18:31:00+25:00"}, "time", false},
		"time with offset in letters": {members{"time": "2018-04-05T18:31:00+xx:00"}, "time", false},
		"time with offset of an hour": {members{"time": "2018-04-05T18:31:00+05"}, "time", false},
		"empty id":                    {members{"id": ""}, "id", false},
		"empty type":                  {members{"type": ""}, "type", false},
		"empty source":                {members{"source": ""}, "source", false},
		"empty specversion":           {members{"specversion": ""}, "specversion", false},
		"unknown specversion":         {members{"specversion": "0.9"}, "specversion", false},
		"datacontenttype is no type":  {members{"datacontenttype": "xyz"}, "datacontenttype", false},
		"empty datacontenttype":       {members{"datacontenttype": ""}, "datacontenttype", true},
		"empty dataschema":            {members{"dataschema": ""}, "dataschema", false},
		"empty subject":               {members{"subject": ""}, "subject", false},
		"id is a number":              {members{"id": 25}, "id", true},
		"id is an object":             {members{"id": map[string]string{"xyz": "abc"}}, "id", true},
		"capitals in an extension":    {members{"MyExtension": "bad"}, "MyExtension", true},
		"punctuation in an extension": {members{"my.extension": "bad"}, "my.extension", false},
		"an extension is no integer":  {members{"myextension": 1.5}, "myextension", true},
		"both data and data_base64":   {members{"data_base64": "eyAieHl6IjogMTIzIH0="}, "data_base64", true},
	}
	m := newMemory(t, fixedNow)
	bridge := newBridge(t, over(t, everywhere{Journal: m}))
	asked := m.asked
	for name, tc := range cases {
		event := with(tc.event)
		forms := []*http.Request{event.structured(t, "application/cloudevents+json")}
		if !tc.structured {
			forms = append(forms, event.binary(t))
		}
		for i, r := range forms {
			got := ask(t, bridge, r)
			if !slices.Contains([]int{400, 415}, got.status) || !strings.Contains(got.body, tc.field) {
				t.Errorf("%s, %d: answered %d %s", name, i, got.status, got.body)
			}
		}
		answers := ask(t, bridge, batchRequest(t, event.text(t), `"not an object"`)).batch()
		for _, failed := range answers {
			if failed.Type() != events.TypeFailed {
				t.Errorf("%s: in a batch it is %s", name, failed.Type())
			}
		}
	}
	if m.asked != asked {
		t.Errorf("the journal was asked %d times", m.asked-asked)
	}
}
