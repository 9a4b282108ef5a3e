package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// An event is read as the same in either mode: which one a broker chooses changes neither a
// command nor its identity.
func FuzzModes(f *testing.F) {
	f.Add("id", "/shop", events.TypeReserve, "", int64(0), "", []byte(tinyCart))
	f.Add("a b%20", "urn:x", events.TypeConsume, "r", int64(1e15), "trace", []byte(`{"reservationId":"r"}`))
	f.Add(`"`, "//h?q#f", "t", "é", int64(-1), "a1", []byte(`[]`))
	f.Add("i", "/café#", "t", "", int64(1), "datacontenttype", []byte(`1e400`))
	f.Fuzz(func(t *testing.T, id, source, eventType, subject string, at int64, extension string, data []byte) {
		sent := map[string]string{
			"specversion": cloudevents.VersionV1, "id": id, "source": source, "type": eventType, "subject": subject,
		}
		if at != 0 {
			sent["time"] = time.UnixMicro(at % 1e15).UTC().Format(time.RFC3339Nano)
		}
		if attributeName.MatchString(extension) && !slices.Contains(knownAttributes, extension) && extension != memberData {
			sent[extension] = extension
		}
		if !json.Valid(data) || !utf8.Valid(data) || string(bytes.TrimSpace(data)) == "null" {
			t.Skip("no data that can be sent in both modes")
		}
		structured := map[string]any{"data": json.RawMessage(data)}
		r := request(t, http.MethodPost, "/", string(data))
		for name, value := range sent {
			if !utf8.ValidString(value) {
				t.Skip("no JSON")
			}
			r.Header.Set("ce-"+name, percentEncoded(value))
			structured[name] = value
		}
		text, err := json.Marshal(structured)
		if err != nil {
			t.Fatal(err)
		}
		one, oneErr := read(r)
		other, otherErr := read(request(t, http.MethodPost, "/", string(text), "Content-Type", cloudevents.ApplicationCloudEventsJSON))
		if fmt.Sprint(oneErr) != fmt.Sprint(otherErr) {
			t.Fatalf("binary %v, structured %v", oneErr, otherErr)
		}
		if diff := cmp.Diff(one, other, cmp.AllowUnexported(message{})); diff != "" {
			t.Fatalf("the modes differ (-binary +structured):\n%s", diff)
		}
		if oneErr == nil && (one.id != id || one.source != source || one.eventType != eventType) {
			t.Errorf("%+v", one)
		}
	})
}

// read reads an event as the bridge does. White space in its payload says nothing.
func read(r *http.Request) (*message, error) {
	m, err := decodeEvent(&exchange{ResponseWriter: httptest.NewRecorder(), mode: modeOf(r.Header)}, r)
	if err != nil {
		return nil, err
	}
	compact := bytes.Buffer{}
	if err := json.Compact(&compact, m.data); err != nil {
		return nil, err
	}
	m.data = compact.Bytes()
	return m, nil
}

// percentEncoded encodes the value of an attribute as the HTTP binding has senders do.
func percentEncoded(value string) string {
	var encoded strings.Builder
	for _, b := range []byte(value) {
		if b <= ' ' || b == '"' || b == '%' || b >= 0x7f {
			fmt.Fprintf(&encoded, "%%%02X", b)
			continue
		}
		encoded.WriteByte(b)
	}
	return encoded.String()
}

// A reply is what it was when whoever asked reads it, in either mode.
func FuzzReply(f *testing.F) {
	f.Add("r1", "p", int64(3), int64(0))
	f.Add("", `a "b" %41 é`, int64(1e15), int64(-1))
	f.Fuzz(func(t *testing.T, id, product string, available, reserved int64) {
		if v1.AnyIDs.Wrong(product) != "" || !isHeader(id) || id == "" {
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
			if mode == modeBinary {
				got.SetSubject(decodeHeader(got.Subject())) // which the SDK leaves to whoever reads it
			}
			if diff := cmp.Diff(told(&reply), told(&got)); diff != "" {
				t.Errorf("in %s mode (-written +read):\n%s", mode, diff)
			}
		}
	})
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
