package publisher

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"k8s.io/utils/clock"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/view"
	"github.com/acme/inventory-service/test/fixture"
)

// serve starts a sink and returns a target for it.
func serve(t *testing.T, h http.HandlerFunc) *target {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	target, err := newTarget("sink", server.URL+"/in", newClient(2, nil), clock.RealClock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(target.client.CloseIdleConnections)
	return target
}

func someEvent(t *testing.T) event.Event {
	t.Helper()
	cart := fixture.Reserved(fixture.Reserve("r-1", fixture.Outcome("u-1")))
	e, ok := events.Outcome(view.Reservation("shop", &cart.Reservation))
	if !ok {
		t.Fatal("no outcome")
	}
	return e
}

func TestEventsGoInBinaryMode(t *testing.T) {
	want := someEvent(t)
	var got *event.Event
	var header http.Header
	sink := serve(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		got, _ = cehttp.NewEventFromHTTPRequest(r)
		w.WriteHeader(http.StatusAccepted)
	})
	if a := sink.post(t.Context(), want); a.verdict != accepted || a.err != nil {
		t.Fatalf("%+v", a)
	}
	if header.Get("Content-Type") != event.ApplicationJSON || header.Get("Ce-Id") != "u-1.reserved" {
		t.Errorf("not in binary mode: %v", header)
	}
	if got == nil || got.String() != want.String() {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAnswersAreReadAsFarAsNeeded(t *testing.T) {
	sink := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "12")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, strings.Repeat("x", maxBody+1))
	})
	a := sink.post(t.Context(), someEvent(t))
	if a.verdict != failed || a.status != 503 || a.retryAfter != 12*time.Second || len(a.body) != maxBody || a.err == nil {
		t.Errorf("verdict %d, status %d, retry after %s, %d bytes, error %v", a.verdict, a.status, a.retryAfter, len(a.body), a.err)
	}
}

func TestRedirects(t *testing.T) {
	tests := map[string]struct {
		code     int
		location string
		want     verdict
		status   int
	}{
		"the same method":  {http.StatusTemporaryRedirect, "/there", accepted, 204},
		"as GET":           {http.StatusFound, "/there", refused, 302},
		"another scheme":   {http.StatusPermanentRedirect, "https://127.0.0.1:1/", refused, 308},
		"another host":     {http.StatusTemporaryRedirect, "http://localhost:1/", refused, 307},
		"without location": {http.StatusFound, "", refused, 302},
		"a loop":           {http.StatusTemporaryRedirect, "/in", refused, 307},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sink := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/there" {
					if body, _ := io.ReadAll(r.Body); len(body) == 0 {
						t.Error("the body was not sent again")
					}
					w.WriteHeader(http.StatusNoContent)
					return
				}
				if test.location != "" {
					w.Header().Set("Location", test.location)
				}
				w.WriteHeader(test.code)
			})
			if a := sink.post(t.Context(), someEvent(t)); a.verdict != test.want || a.status != test.status {
				t.Errorf("verdict %d, status %d, %v", a.verdict, a.status, a.err)
			}
		})
	}
}

func TestNoConnectionIsAFailure(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	sink, err := newTarget("sink", strings.Replace(server.URL, "http://", "http://me:secret@", 1), newClient(1, nil), clock.RealClock{})
	if err != nil {
		t.Fatal(err)
	}
	a := sink.post(t.Context(), someEvent(t))
	if a.verdict != failed || a.err == nil || strings.Contains(a.err.Error(), "secret") {
		t.Errorf("%+v", a)
	}
	if strings.Contains(sink.label, "secret") {
		t.Errorf("the label tells the password: %s", sink.label)
	}
}

func TestSinkURLs(t *testing.T) {
	for address, ok := range map[string]bool{
		"http://127.0.0.1:8090": true, "https://broker.shop.svc/in?x=1": true,
		"127.0.0.1:8090": false, "localhost": false, "ftp://host/": false, "http://": false, "http://:80": false,
		"http://ho st": false, "//host": false,
	} {
		_, err := newTarget("sink", address, nil, nil)
		if (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
		if err != nil && !strings.Contains(err.Error(), "http://host:port/path") {
			t.Errorf("the error does not say what to give: %v", err)
		}
	}
}

func TestDeadLetterIsTheEventWithTheRefusal(t *testing.T) {
	e := someEvent(t)
	body := strings.Repeat("no", 2000)
	letter := deadLetter(e, "http://sink/in", answer{status: 422, body: []byte(body)})
	if err := letter.Validate(); err != nil {
		t.Fatal(err)
	}
	data, _ := letter.Extensions()[extensionData].(string)
	decoded, err := base64.StdEncoding.DecodeString(data)
	if err != nil || len(data) > maxErrorData || len(decoded) == 0 || !strings.HasPrefix(body, string(decoded)) {
		t.Errorf("%s is %q: %v", extensionData, data, err)
	}
	if letter.Extensions()[extensionDest] != "http://sink/in" || letter.Extensions()[extensionCode] != int32(422) {
		t.Errorf("extensions %v", letter.Extensions())
	}
	if e.Extensions()[extensionDest] != nil {
		t.Error("the event itself was changed")
	}
	for _, name := range []string{extensionDest, extensionCode, extensionData} {
		letter.SetExtension(name, nil)
	}
	if letter.String() != e.String() {
		t.Errorf("the letter differs in more than its extensions: %s", letter)
	}
	if _, has := deadLetter(e, "x", answer{status: 404}).Extensions()[extensionData]; has {
		t.Error("an empty body is told")
	}
}
