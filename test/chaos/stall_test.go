package chaos

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

const (
	// tellsWithin is how soon a command has an answer, whatever it is: the bridge's own
	// wait, and a moment for a machine that is busy.
	tellsWithin = 12 * time.Second
	// looksWithin is how soon a query has one.
	looksWithin = 3 * time.Second
)

// stalls are for how long the API server is stopped, in turn; the last one in the long
// form alone.
var stalls = []time.Duration{3 * time.Second, 6 * time.Second, 20 * time.Second, 60 * time.Second}

// TestAPIServerStalled stops the API server with SIGSTOP under load, for less and for far
// longer than a lease. Operators lose the lease, and nothing else: they go on serving what
// they know, answer commands with 503 and Retry-After in time, and decide again soon after
// it goes on.
func TestAPIServerStalled(t *testing.T) {
	t.Parallel()
	rounds := faultreport.Rounds(t, 3)
	fault := faultreport.Begin(t, "kube-apiserver SIGSTOP")
	d := found(testbed.OwnWorld(t), fault)
	d.reign(1)
	d.reserve()
	for round := range rounds {
		choice := stalls[:3]
		if os.Getenv("STALL") == "long" {
			choice = stalls
		}
		d.shoppers.awaitMore(10)
		d.stall(choice[round%len(choice)], round)
		fault.Injected(1)
	}
	for i, o := range []*replica{d.leader, d.standby} {
		fault.Checked(1)
		if !o.Runs() {
			fault.Violated("operator %d ended by itself", i)
		}
	}
	d.end()
}

// stall stops the API server for a time and looks at both operators meanwhile.
func (d *dynasty) stall(long time.Duration, round int) {
	d.Helper()
	d.Must(d.ControlPlane.PauseAPIServer())
	until := time.Now().Add(long)
	answers := make(chan *bridged, 2)
	for i, o := range []*replica{d.leader, d.standby} {
		go func() { answers <- askStalled(d.Context(), o.Bridge, fmt.Sprintf("stalled-%d-%d", round, i)) }()
	}
	for _, o := range []*replica{d.leader, d.standby} {
		d.lookStalled(o)
	}
	d.fault.Checked(2)
	select {
	case <-time.After(time.Until(until)): // the fault itself lasts that long
	case <-d.Context().Done():
	}
	for _, o := range []*replica{d.leader, d.standby} {
		d.lookStalled(o)
	}
	d.Must(d.ControlPlane.ResumeAPIServer())
	resumed := time.Now()
	for range 2 {
		d.judgeStalled(<-answers, long)
	}
	took := d.probe(d.leader.Bridge, d.standby.Bridge).Sub(resumed)
	d.Logf("stopped for %v: an outcome was told %v after it went on", long, took.Round(time.Millisecond))
	d.fault.Recovered(took, serverLimit)
	// Commands that were not answered at that time may be decided: they are asked again.
	for i := range 2 {
		command := stalledCommand(fmt.Sprintf("stalled-%d-%d", round, i))
		answer, _, err := insist(d.World, command, d.bridges, 0, testbed.Patience)
		d.Must(err)
		d.shoppers.mu.Lock()
		d.shoppers.refused[answer.Reservation] = answer.Refused
		d.shoppers.mu.Unlock()
	}
}

// bridged is what a bridge answered, and after how long.
type bridged struct {
	code  int
	after string // Retry-After
	took  time.Duration
	err   error
}

func stalledCommand(id string) testbed.Command {
	return testbed.Reserve(id, testbed.PlainHTTP, testbed.Item("mug", 1))
}

// askStalled sends a command once, with more patience than the bridge has.
func askStalled(ctx context.Context, bridge, id string) *bridged {
	ctx, cancel := context.WithTimeout(ctx, 2*tellsWithin)
	defer cancel()
	body := fmt.Appendf(nil, `{"cartId":"cart-%s","items":[{"productId":"mug","quantity":1}]}`, id)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, bridge+"/reservations", bytes.NewReader(body))
	if err != nil {
		return &bridged{err: err}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", id)
	began := time.Now()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return &bridged{err: err, took: time.Since(began)}
	}
	_ = answer.Body.Close()
	return &bridged{code: answer.StatusCode, after: answer.Header.Get("Retry-After"), took: time.Since(began)}
}

// judgeStalled checks that a command was answered in time: with its outcome, or with 503
// and when to come again.
func (d *dynasty) judgeStalled(a *bridged, long time.Duration) {
	d.Helper()
	d.fault.Checked(1)
	decided := a.code == http.StatusCreated || a.code == http.StatusConflict
	refused := a.code == http.StatusServiceUnavailable && a.after != ""
	if a.err != nil || a.took > tellsWithin || !decided && !refused {
		d.fault.Violated("stopped for %v: a command was answered %d, Retry-After %q, after %v (%v)", long, a.code, a.after, a.took, a.err)
	}
	d.Logf("stopped for %v: a command was answered %d after %v", long, a.code, a.took.Round(time.Millisecond))
}

// lookStalled checks that a query is answered.
func (d *dynasty) lookStalled(o *replica) {
	d.Helper()
	asking := http.Client{Timeout: looksWithin}
	answer, err := asking.Get(o.Bridge + "/stock/mug")
	if err != nil {
		d.fault.Violated("a query was not answered while the API server is stopped: %v", err)
		return
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		d.fault.Violated("a query was answered %d while the API server is stopped", answer.StatusCode)
	}
}
