package knative

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/inventory-service/api/events"
)

// client keeps a connection for each producer. The broker may hold an answer back for long.
var client = &http.Client{
	Timeout:   30 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 64},
}

func decodeBody(response *http.Response, into any) error {
	return json.NewDecoder(response.Body).Decode(into)
}

// shop is the namespace of a test, and what it asks of the broker there.
type shop struct {
	testing.TB
	namespace string
	broker    string // URL
	token     string // that commands are sent with; none if empty
}

// must runs kubectl and ends the test if that fails.
func must(t testing.TB, arguments ...string) string {
	t.Helper()
	out, err := cluster.kubectl(arguments...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return strings.TrimSpace(out)
}

// command is a CloudEvent in binary mode.
type command struct {
	id, kind   string
	source     string // the test's, where none is given
	extensions map[string]string
	body       any
}

// reserve asks for a unit of a product for a cart of its own.
func reserve(id, product string) command {
	return command{id: id, kind: events.TypeReserve, body: map[string]any{
		"cartId": cartOf(id),
		"items":  []map[string]any{{"productId": product, "quantity": 1}},
	}}
}

func cartOf(id string) string { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(id)).String() }

// source is that of all commands of a test.
func (s *shop) source() string { return "/" + s.Name() }

// send sends a command as a producer does: again and again until it is taken.
func (s *shop) send(url string, c command) error {
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	for {
		status, err := s.try(ctx, url, c)
		if err == nil && status/100 == 2 {
			return nil
		}
		if err == nil && status < 500 && status != http.StatusNotFound && status != http.StatusTooManyRequests {
			return fmt.Errorf("command %s is answered %d", c.id, status)
		}
		select {
		case <-time.After(100 * time.Millisecond): // between two tries
		case <-ctx.Done():
			return fmt.Errorf("command %s was not taken: last %d, %w", c.id, status, err)
		}
	}
}

func (s *shop) try(ctx context.Context, url string, c command) (int, error) {
	response, err := s.post(ctx, url, c)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, response.Body) // so that the connection serves again
	return response.StatusCode, errors.Join(err, response.Body.Close())
}

// post sends a command once. The caller closes the answer's body.
func (s *shop) post(ctx context.Context, url string, c command) (*http.Response, error) {
	body, err := json.Marshal(c.body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "ce-specversion": "1.0", "ce-type": c.kind, "ce-source": cmp.Or(c.source, s.source()),
		"ce-id": c.id, "ce-time": time.Now().UTC().Format(time.RFC3339Nano),
	} {
		request.Header.Set(name, value)
	}
	for name, value := range c.extensions {
		request.Header.Set("ce-"+name, value)
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	return client.Do(request)
}

// await polls other processes until something is so.
func (s *shop) await(what string, done func() bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	for !done() {
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			s.Fatalf("waited in vain for %s;\nlast outcomes: %v\nlast dead letters: %v", what,
				last(s.displayed("outcomes")), last(s.displayed("dead-letters")))
		}
	}
}

// last are the last few of some events.
func last(all []shown) []shown { return all[max(0, len(all)-3):] }
