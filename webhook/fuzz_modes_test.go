package webhook

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
)

// An event that was read is read as the same when it is sent on, in either mode:
// which mode a broker chooses changes neither a command nor its identity.
func FuzzModes(f *testing.F) {
	f.Add("id", "/shop", events.TypeReserve, "", int64(0), "", []byte(tinyCart))
	f.Add("a b%20", "urn:x", events.TypeConsume, "r", int64(1e15), "trace", []byte(`{"reservationId":"r"}`))
	f.Add(`"`, "//h?q#f", "t", "é", int64(-1), "a1", []byte(`[]`))
	f.Add("i", "s", "t", "", int64(1), "datacontenttype", []byte(`1e400`))
	f.Fuzz(func(t *testing.T, id, source, eventType, subject string, at int64, extension string, data []byte) {
		sent := cloudevents.NewEvent()
		sent.SetID(id)
		sent.SetSource(source)
		sent.SetType(eventType)
		if isHeader(subject) && subject != "" {
			sent.SetSubject(subject)
		}
		if at != 0 {
			sent.SetTime(time.UnixMicro(at % 1e17).UTC())
		}
		if extension != "" {
			sent.SetExtension(extension, extension)
		}
		sent.SetDataContentType(cloudevents.ApplicationJSON)
		sent.DataEncoded = data
		if sent.Validate() != nil || !isHeader(id) || !isHeader(source) || !isHeader(eventType) || !json.Valid(data) {
			t.Skip("no event that can be sent in both modes")
		}
		binary, structured := reread(t, modeBinary, sent), reread(t, modeStructured, sent)
		if diff := cmp.Diff(told(binary), told(structured)); diff != "" {
			t.Fatalf("the modes differ (-binary +structured):\n%s", diff)
		}
		for _, mode := range []string{modeBinary, modeStructured} {
			if diff := cmp.Diff(told(binary), told(reread(t, mode, *binary))); diff != "" {
				t.Errorf("sent on in %s mode (-before +after):\n%s", mode, diff)
			}
		}
	})
}

// A reply is what it was when whoever asked reads it, in either mode.
func FuzzReply(f *testing.F) {
	f.Add("r1", "p", int64(3), int64(0))
	f.Add("", `a "b" %41 é`, int64(1e15), int64(-1))
	f.Fuzz(func(t *testing.T, id, product string, available, reserved int64) {
		if !events.IsID(product) || !isHeader(id) || id == "" {
			t.Skip("no such product is stocked")
		}
		reply := events.StockLevelReply("shop", id, events.StockLevel{ProductID: product, Available: available, Reserved: reserved})
		for _, mode := range []string{modeBinary, modeStructured} {
			w := httptest.NewRecorder()
			x := &exchange{ResponseWriter: w, mode: mode}
			if err := writeEvent(x, request(t, http.MethodPost, "/", ""), reply); err != nil {
				t.Fatal(err)
			}
			got := answer{t: t, status: w.Code, header: w.Header(), body: w.Body.String()}.event()
			if diff := cmp.Diff(told(&reply), told(&got)); diff != "" {
				t.Errorf("in %s mode (-written +read):\n%s", mode, diff)
			}
		}
	})
}

// reread sends an event in a mode and reads it as the bridge does.
func reread(t *testing.T, mode string, event cloudevents.Event) *cloudevents.Event {
	t.Helper()
	read, err := decodeEvent(&exchange{ResponseWriter: httptest.NewRecorder()}, eventRequest(t, mode, "/", event))
	if err != nil {
		t.Fatalf("in %s mode: %v\n%s", mode, err, event)
	}
	return read
}

// told is all that an event says.
func told(e *cloudevents.Event) map[string]any {
	all := map[string]any{
		"id": e.ID(), "source": e.Source(), "type": e.Type(), "subject": e.Subject(), "time": e.Time().UTC(),
		"datacontenttype": e.DataContentType(), "dataschema": e.DataSchema(), "data": string(e.Data()),
	}
	// Structured mode keeps the payload, not the white space in it.
	if compact := (bytes.Buffer{}); json.Compact(&compact, e.Data()) == nil {
		all["data"] = compact.String()
	}
	for name, value := range e.Extensions() {
		all["extension "+name] = value
	}
	return all
}

// isHeader tells whether HTTP transports s as the value of a header: visible
// characters with no blank at either end.
func isHeader(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return s == "" || (s[0] != ' ' && s[len(s)-1] != ' ')
}
