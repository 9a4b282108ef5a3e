package testbed

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Response is what the bridge said.
type Response struct {
	Code   int
	Header http.Header
	Body   []byte
}

// Decode reads the body as JSON.
func (a Response) Decode(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, into); err != nil {
		t.Fatalf("the answer %d %s is no JSON: %v", a.Code, a.Body, err)
	}
}

// Want fails the test unless the answer has this code.
func (a Response) Want(t testing.TB, code int) Response {
	t.Helper()
	if a.Code != code {
		t.Fatalf("the answer is %d, want %d: %s", a.Code, code, a.Body)
	}
	return a
}

// Message is a CloudEvent, whatever way it travels.
type Message struct {
	ID, Source, Type string
	Subject          string
	Data             json.RawMessage
}

// Mode is a way for a CloudEvent to travel.
type Mode string

// The modes of a CloudEvent.
const (
	AsStructured Mode = "structured"
	AsBinary     Mode = "binary"
)

// Send posts a command as a CloudEvent.
func (o *Operator) Send(m Mode, command Message) Response {
	o.World.Helper()
	if m == AsStructured {
		body, err := json.Marshal(map[string]any{
			"specversion": "1.0", "id": command.ID, "source": command.Source, "type": command.Type, "data": command.Data,
		})
		o.World.Must(err)
		return o.Request(http.MethodPost, "/", body, "Content-Type", "application/cloudevents+json")
	}
	return o.Request(http.MethodPost, "/", command.Data, "Content-Type", "application/json",
		"ce-specversion", "1.0", "ce-id", command.ID, "ce-source", command.Source, "ce-type", command.Type)
}

// Post posts plain JSON.
func (o *Operator) Post(path, body string, header ...string) Response {
	o.World.Helper()
	return o.Request(http.MethodPost, path, []byte(body), append(header, "Content-Type", "application/json")...)
}

// Get reads a path of the bridge.
func (o *Operator) Get(path string) Response {
	o.World.Helper()
	return o.Request(http.MethodGet, path, nil)
}

// Request sends a request to the bridge; header are names and values in turn.
func (o *Operator) Request(method, path string, body []byte, header ...string) Response {
	o.World.Helper()
	request, err := http.NewRequestWithContext(o.World.Context(), method, o.Bridge+path, bytes.NewReader(body))
	o.World.Must(err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	got, err := http.DefaultClient.Do(request)
	o.World.Must(err)
	defer func() { _ = got.Body.Close() }()
	content, err := io.ReadAll(got.Body)
	o.World.Must(err)
	return Response{Code: got.StatusCode, Header: got.Header, Body: content}
}

// Event reads an answer as the CloudEvent it must be.
func (a Response) Event(t testing.TB) Message {
	t.Helper()
	if strings.HasPrefix(a.Header.Get("Content-Type"), "application/cloudevents+json") {
		var m Message
		a.Decode(t, &m)
		return m
	}
	if a.Header.Get("Ce-Id") == "" {
		t.Fatalf("the answer %d %s is no CloudEvent", a.Code, a.Body)
	}
	return Message{
		ID: a.Header.Get("Ce-Id"), Source: a.Header.Get("Ce-Source"), Type: a.Header.Get("Ce-Type"),
		Subject: a.Header.Get("Ce-Subject"), Data: a.Body,
	}
}

// Metrics reads the operator's metrics; it must have been given an address. They may be served a
// moment after the bridge is.
func (o *Operator) Metrics() string {
	o.World.Helper()
	return o.AwaitMetrics("anything", func(string) bool { return true })
}

// AwaitMetrics waits until the operator's metrics are as they should be: what is counted of a
// request is counted after its answer.
func (o *Operator) AwaitMetrics(what string, is func(metrics string) bool) string {
	o.World.Helper()
	for deadline := time.Now().Add(Patience); ; time.Sleep(50 * time.Millisecond) { // a poll of another process
		metrics, err := o.readMetrics()
		if err == nil && is(metrics) {
			return metrics
		}
		if time.Now().After(deadline) {
			o.World.Fatalf("the metrics never say %s: %v\n%s", what, err, metrics)
		}
	}
}

func (o *Operator) readMetrics() (string, error) {
	address := ""
	for i, argument := range o.Command.Args {
		if argument == "--metrics-address" {
			address = o.Command.Args[i+1]
		}
	}
	got, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		return "", err
	}
	defer func() { _ = got.Body.Close() }()
	body, err := io.ReadAll(got.Body)
	return string(body), err
}
