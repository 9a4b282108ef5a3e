package webhook

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
)

// However a valid CloudEvent is written, it is read.
func TestValidEvents(t *testing.T) {
	const query = `{"productId":"p"}`
	at := func(s string) *time.Time {
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return &at
	}
	plain := message{id: "i", source: "/s", eventType: "t", data: []byte(query)}
	changed := func(change func(m *message)) message {
		m := plain
		change(&m)
		return m
	}
	cases := map[string]struct {
		members string
		want    message
	}{
		"as usual":             {`"data":` + query, plain},
		"base64":               {`"data_base64":"eyJwcm9kdWN0SWQiOiJwIn0="`, plain},
		"escaped base64":       {`"data_base64":"eyJwcm9kdWN0SWQi\u004fiJwIn0\u003d"`, plain},
		"null for absent":      {`"data":` + query + `,"datacontenttype":null,"subject":null,"time":null,"data_base64":null,"x":null`, plain},
		"media type's case":    {`"data":` + query + `,"datacontenttype":"APPLICATION/JSON"`, plain},
		"a media type of JSON": {`"data":` + query + `,"datacontenttype":"application/vnd.x+json; charset=utf-8"`, plain},
		"extensions": {`"data":` + query + `,"a":1,"b":-2147483648,"c":true,"d":"x"`, changed(func(m *message) {
			m.extensions = map[string]string{"a": "1", "b": "-2147483648", "c": "true", "d": "x"}
		})},
		"small letters":         {`"data":` + query + `,"time":"2030-01-01t00:00:00z"`, changed(func(m *message) { m.at = at("2030-01-01T00:00:00Z") })},
		"a leap second":         {`"data":` + query + `,"time":"2016-12-31T23:59:60Z"`, changed(func(m *message) { m.at = at("2017-01-01T00:00:00Z") })},
		"a leap second's part":  {`"data":` + query + `,"time":"2017-01-01T00:59:60.5+01:00"`, changed(func(m *message) { m.at = at("2017-01-01T01:00:00.5+01:00") })},
		"the year 1":            {`"data":` + query + `,"time":"0001-01-01T00:00:00Z"`, changed(func(m *message) { m.at = &time.Time{} })},
		"its data is not there": {`"subject":"x"`, changed(func(m *message) { m.data = nil })},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			body := `{"specversion":"1.0","id":"i","source":"/s","type":"t",` + tc.members + `}`
			e, err := readStructured([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.message()
			if err != nil {
				t.Fatal(err)
			}
			sameInstant := cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })
			if diff := cmp.Diff(&tc.want, got, cmp.AllowUnexported(message{}), sameInstant); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseTime(t *testing.T) {
	for _, bad := range []string{
		"", "noon", "2030-01-01", "2030-01-01T00:00:00", "2030-01-01 00:00:00Z", "2030-1-1T00:00:00Z", "2030-01-01T0:00:00Z", "2030-02-30T00:00:00Z",
		"2030-01-01T00:00:00,5Z", "2030-01-01T24:00:00Z", "2030-01-01T12:00:60Z", "2030-01-01T00:00:61Z", "2030-01-01T00:00:00+0100", "2030-01-01T00:00:00.Z", "+2030-01-01T00:00:00Z",
	} {
		if at, ok := parseTime(bad); ok {
			t.Errorf("%q is %s", bad, at)
		}
	}
}

func TestDecodeHeader(t *testing.T) {
	for value, want := range map[string]string{
		"": "", "a": "a", "a b": "a b", "caf%C3%A9%20c01": "café c01", "café c01": "café c01", "%61%62": "ab", "%2": "%2", "100%": "100%", "%zz": "%zz",
		"%2525": "%25", "%e2%82%ac": "€", `"a b"`: "a b", `"a\"b\\"`: `a"b\`, `"`: `"`, `""`: "", `"a"b"`: `"a"b"`, `"a\"`: `"a\"`, `"%41"`: "A", "%22a%22": `"a"`, "%+1": "%+1",
	} {
		if got := decodeHeader(value); got != want {
			t.Errorf("%q is %q, want %q", value, got, want)
		}
	}
}

// The same command is told again in either mode, and none is taken for another because its
// source or id reads like that of the other in some encoding.
func TestIdentitiesOfModes(t *testing.T) {
	bridge := newBridge(t, offline(t))
	cartOf := func(r *http.Request) string {
		reply := ask(t, bridge, r).event()
		return reply.ID()
	}
	binary := func(source, id string) *http.Request {
		return request(t, http.MethodPost, "/", tinyCart, "ce-specversion", "1.0", "ce-type", events.TypeReserve, "ce-source", source, "ce-id", id)
	}
	structured := func(source, id string) *http.Request {
		return request(t, http.MethodPost, "/", `{"specversion":"1.0","type":"`+events.TypeReserve+`","source":"`+source+`","id":"`+id+`","data":`+tinyCart+`}`,
			"Content-Type", "application/cloudevents+json")
	}
	seen := map[string]bool{}
	for _, same := range [][]*http.Request{
		{structured("/s", "café c01"), binary("/s", "caf%C3%A9%20c01"), binary("/s", "café c01"), binary("/s", `"café c01"`), binary("%2Fs", "caf\u00e9%20c%301")},
		{structured("/s", "caf%C3%A9%20c01"), binary("/s", "caf%25C3%25A9%2520c01")},
		{structured("/a", "1"), binary("/a", "1")},
		{structured("/a#", "1"), binary("/a#", "1")},
		{structured("/café", "1"), binary("/café", "1"), binary("/caf%C3%A9", "1")},
		{structured("/caf%C3%A9", "1"), binary("/caf%25C3%25A9", "1")},
		{structured("/cafe\u0301", "1"), binary("/cafe%CC%81", "1")},
	} {
		first := cartOf(same[0])
		for _, r := range same[1:] {
			if got := cartOf(r); got != first {
				t.Errorf("%v is another command than the first of its row", r.Header)
			}
		}
		if seen[first] {
			t.Errorf("%v is told what an earlier row is told", same[0].Header)
		}
		seen[first] = true
	}
}
