package publisher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"k8s.io/utils/clock"

	"github.com/acme/inventory-service/api/events"
)

const (
	// attemptTimeout bounds one attempt, its answer's body included.
	attemptTimeout = 10 * time.Second
	// maxBody is how much of an answer's body is read, in bytes. A connection whose
	// answer is longer is not used again.
	maxBody = 64 << 10
	// maxRedirects bounds how often one attempt is sent elsewhere.
	maxRedirects = 5
)

// target is a sink that events are posted to.
type target struct {
	url    string
	client *http.Client
	clock  clock.PassiveClock
	// label is the url without a password, for people.
	label string
	// schemas is where the schemas of events are, empty where they name none.
	schemas string
	// overrides are set on every event, and tokens tell it who sends them; nil for nobody.
	overrides Overrides
	tokens    TokenSource
	health    health
}

// answer is what came of an attempt.
type answer struct {
	verdict verdict
	// status is the status code, 0 if there was no answer.
	status int
	// body is the beginning of the answer's body.
	body []byte
	// absent says that there is no sink (yet) where it should be.
	absent bool
	// retryAfter is what the sink asked for, 0 if nothing.
	retryAfter time.Duration
	// err says what went wrong unless the event was accepted.
	err error
}

// newTarget checks the URL of a sink. name is what a person set it with.
func newTarget(name, address string, client *http.Client, clock clock.PassiveClock) (*target, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		var detail *url.Error
		if errors.As(err, &detail) {
			err = detail.Err // without the address, which may hold a password
		}
		return nil, fmt.Errorf("the URL of the %s cannot be read: %w: give one like http://host:port/path", name, err)
	}
	if (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Hostname() == "" {
		return nil, fmt.Errorf("the URL of the %s is %q: give one like http://host:port/path (http or https)", name, parsed.Redacted())
	}
	return &target{url: address, client: client, clock: clock, label: parsed.Redacted()}, nil
}

// authenticate has a sink told who sends its events. Tokens go over TLS, or where overHTTP says
// that they may go in clear.
func (t *target) authenticate(name string, tokens TokenSource, overHTTP bool) error {
	if tokens != nil && !overHTTP && !strings.HasPrefix(strings.ToLower(t.url), "https:") {
		return fmt.Errorf("the %s %s is reached without TLS, and would be sent a token that everybody on the way can read: "+
			"give an https URL, or --sink-token-over-http", name, t.label)
	}
	t.tokens = tokens
	return nil
}

// post sends an event once, and once more where a token was refused and there is another.
func (t *target) post(ctx context.Context, e event.Event) answer {
	a, token := t.attempt(ctx, e, "")
	if t.tokens != nil && a.status == http.StatusUnauthorized {
		t.tokens.Refused(token)
		a, _ = t.attempt(ctx, e, token)
	}
	return a
}

// attempt sends an event with a token, unless that is the one that was refused.
func (t *target) attempt(ctx context.Context, e event.Event, refusedToken string) (a answer, token string) {
	request, err := cehttp.NewHTTPRequestFromEvent(ctx, t.url, events.ForHeaders(events.WithSchema(t.overrides.set(e), t.schemas)))
	if err != nil {
		return answer{verdict: failed, err: fmt.Errorf("the event cannot be written: %w", err)}, ""
	}
	if t.tokens != nil {
		if token, err = t.tokens.Token(ctx); err != nil {
			return answer{verdict: failed, err: err}, ""
		}
		if token == refusedToken {
			return answer{verdict: failed, err: errors.New("it answered 401 Unauthorized to our token, and there is no other yet")}, ""
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return t.do(request), token
}

// do sends a request and reads the answer.
func (t *target) do(request *http.Request) answer {
	response, err := t.client.Do(request)
	if err != nil {
		return answer{verdict: failed, absent: unreachable(err), err: withoutURL(err)}
	}
	defer func() { _ = response.Body.Close() }()
	// What is left of the body is of no interest and an error in it changes nothing:
	// the status has been received.
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxBody))
	a := answer{
		verdict: judge(response.StatusCode), status: response.StatusCode, body: body,
		absent: response.StatusCode == http.StatusNotFound,
	}
	if a.verdict != accepted {
		a.err = fmt.Errorf("it answered %d %s", a.status, http.StatusText(a.status))
		a.retryAfter = retryAfter(response.Header.Get("Retry-After"), t.clock.Now())
	}
	return a
}

// unreachable tells whether no connection was made: the event was not sent.
func unreachable(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// withoutURL takes the URL out of an error of http.Client.
func withoutURL(err error) error {
	var detail *url.Error
	if errors.As(err, &detail) {
		return detail.Err
	}
	return err
}
