package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// response is what the bridge said.
type response struct {
	code   int
	header http.Header
	body   []byte
}

// decode reads the body as JSON.
func (a response) decode(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal(a.body, into); err != nil {
		t.Fatalf("the answer %d %s is no JSON: %v", a.code, a.body, err)
	}
}

// want fails the test unless the answer has this code.
func (a response) want(t testing.TB, code int) response {
	t.Helper()
	if a.code != code {
		t.Fatalf("the answer is %d, want %d: %s", a.code, code, a.body)
	}
	return a
}

// message is a CloudEvent, whatever way it travels.
type message struct {
	ID, Source, Type string
	Subject          string
	Data             json.RawMessage
}

// mode is a way for a CloudEvent to travel.
type mode string

const (
	asStructured mode = "structured"
	asBinary     mode = "binary"
)

// send posts a command as a CloudEvent.
func (o *operator) send(m mode, command message) response {
	o.w.Helper()
	if m == asStructured {
		body, err := json.Marshal(map[string]any{
			"specversion": "1.0", "id": command.ID, "source": command.Source, "type": command.Type, "data": command.Data,
		})
		o.w.must(err)
		return o.request(http.MethodPost, "/", body, "Content-Type", "application/cloudevents+json")
	}
	return o.request(http.MethodPost, "/", command.Data, "Content-Type", "application/json",
		"ce-specversion", "1.0", "ce-id", command.ID, "ce-source", command.Source, "ce-type", command.Type)
}

// post posts plain JSON.
func (o *operator) post(path, body string, header ...string) response {
	o.w.Helper()
	return o.request(http.MethodPost, path, []byte(body), append(header, "Content-Type", "application/json")...)
}

func (o *operator) get(path string) response {
	o.w.Helper()
	return o.request(http.MethodGet, path, nil)
}

func (o *operator) request(method, path string, body []byte, header ...string) response {
	o.w.Helper()
	request, err := http.NewRequestWithContext(o.w.Context(), method, o.bridge+path, bytes.NewReader(body))
	o.w.must(err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	got, err := http.DefaultClient.Do(request)
	o.w.must(err)
	defer func() { _ = got.Body.Close() }()
	content, err := io.ReadAll(got.Body)
	o.w.must(err)
	return response{code: got.StatusCode, header: got.Header, body: content}
}

// event reads an answer as the CloudEvent it must be.
func (a response) event(t testing.TB) message {
	t.Helper()
	if strings.HasPrefix(a.header.Get("Content-Type"), "application/cloudevents+json") {
		var m message
		a.decode(t, &m)
		return m
	}
	if a.header.Get("Ce-Id") == "" {
		t.Fatalf("the answer %d %s is no CloudEvent", a.code, a.body)
	}
	return message{
		ID: a.header.Get("Ce-Id"), Source: a.header.Get("Ce-Source"), Type: a.header.Get("Ce-Type"),
		Subject: a.header.Get("Ce-Subject"), Data: a.body,
	}
}
