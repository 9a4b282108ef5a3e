package publisher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
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

// newClient makes a client that keeps a connection for each worker.
func newClient(workers int) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = workers
	transport.MaxIdleConns = 2 * workers
	return &http.Client{Transport: transport, Timeout: attemptTimeout, CheckRedirect: checkRedirect}
}

// checkRedirect follows what keeps the method (307, 308), the scheme and the host: where
// events go is for the operator's flags to say, not for a sink. Any other redirect is the
// answer.
func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0]
	if next.Method != first.Method || next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host || len(via) > maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// post sends an event once.
func (t *target) post(ctx context.Context, e event.Event) answer {
	request, err := cehttp.NewHTTPRequestFromEvent(ctx, t.url, events.ForHeaders(e))
	if err != nil {
		return answer{verdict: failed, err: fmt.Errorf("the event cannot be written: %w", err)}
	}
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
