package controllers

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// faults are what a process's requests meet.
type faults struct {
	// refuse, if set, returns the status that a request gets instead of an answer, nil for none.
	refuse atomic.Pointer[func(*http.Request) *metav1.Status]
	mu     sync.Mutex
	// frozen are the watches that bring nothing meanwhile, by resource.
	frozen map[string]chan struct{}
}

// RoundTrip answers with a fault where there is one.
func (f *faults) through(next http.RoundTripper) http.RoundTripper {
	return tripper(func(request *http.Request) (*http.Response, error) {
		if refuse := f.refuse.Load(); refuse != nil {
			if status := (*refuse)(request); status != nil {
				return refusal(request, status), nil
			}
		}
		response, err := next.RoundTrip(request)
		if err == nil && request.URL.Query().Has("watch") {
			response.Body = &frozenBody{ReadCloser: response.Body, f: f, resource: resourceOf(request)}
		}
		return response, err
	})
}

type tripper func(*http.Request) (*http.Response, error)

func (t tripper) RoundTrip(request *http.Request) (*http.Response, error) { return t(request) }

func refusal(request *http.Request, status *metav1.Status) *http.Response {
	text, _ := json.Marshal(status)
	return &http.Response{
		StatusCode: int(status.Code), Header: http.Header{"Content-Type": {"application/json"}}, Request: request,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text)),
	}
}

// refusing makes requests fail that match; nil ends it.
func (f *faults) refusing(code int32, reason metav1.StatusReason, message string, match func(*http.Request) bool) {
	refuse := func(request *http.Request) *metav1.Status {
		if !match(request) {
			return nil
		}
		return &metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message}
	}
	f.refuse.Store(&refuse)
}

func (f *faults) mend() { f.refuse.Store(nil) }

// on matches requests of a method, "" for any, about a resource, or its status.
func on(method, resource string) func(*http.Request) bool {
	return func(request *http.Request) bool {
		return (method == "" || method == request.Method) && resourceOf(request) == resource
	}
}

// resourceOf is stockitems, or stockitems/status.
func resourceOf(request *http.Request) string {
	parts := strings.Split(strings.Trim(request.URL.Path, "/"), "/") // apis/group/v1/namespaces/ns/resource/name/sub
	switch {
	case len(parts) > 7:
		return parts[5] + "/" + parts[7]
	case len(parts) > 5:
		return parts[5]
	default:
		return parts[len(parts)-1]
	}
}

// freeze keeps the watches of a resource from bringing anything until thaw is called.
func (f *faults) freeze(resource string) (thaw func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.frozen == nil {
		f.frozen = map[string]chan struct{}{}
	}
	gate := make(chan struct{})
	f.frozen[resource] = gate
	return sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.frozen, resource)
		close(gate)
	})
}

func (f *faults) gate(resource string) chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.frozen[resource]
}

// frozenBody brings what it reads once its resource is not frozen.
type frozenBody struct {
	io.ReadCloser
	f        *faults
	resource string
	closed   atomic.Bool
}

func (b *frozenBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	if gate := b.f.gate(b.resource); gate != nil && !b.closed.Load() {
		<-gate
	}
	return n, err
}
