package webhook

import (
	"math"
	"net"
	"net/http"
	"sync"
	"time"
)

// Defaults of what is served at a time.
const (
	// DefaultMaxInFlight bounds all requests, DefaultMaxInFlightPerCaller those of one caller.
	DefaultMaxInFlight          = 2048
	DefaultMaxInFlightPerCaller = 1024
)

const (
	// maxBodies bounds the bodies of all requests in flight together, in bytes, and
	// maxBodiesPerCaller those of one caller. What is below freeBody is not counted: so much
	// comes with each request.
	maxBodies          = 32 << 20
	maxBodiesPerCaller = maxBodies / 2
	freeBody           = 4 << 10
)

// The reasons for which a request is not taken, as metrics name them.
const (
	reasonAll    = "all"
	reasonCaller = "caller"
	reasonBodies = "bodies"
)

// usage is what is in flight: requests, of which a batch is as many as it has events, and the
// bytes of their bodies.
type usage struct{ requests, bytes int }

func (u *usage) add(requests, bytes int) {
	u.requests += requests
	u.bytes += bytes
}

// admission bounds what is in flight, in all and for each caller, so that a crowd is told to
// come again before it takes memory or time from those who wait already. It is safe for
// concurrent use.
type admission struct {
	// most and mostEach are the bounds of all, and of each caller.
	most, mostEach usage

	mu      sync.Mutex
	all     usage
	callers map[string]*usage
	drain   drain
}

func newAdmission(most, mostEach int) *admission {
	return &admission{
		most: usage{most, maxBodies}, mostEach: usage{min(most, mostEach), maxBodiesPerCaller}, callers: map[string]*usage{},
	}
}

// place is what one request takes. A nil place is one that nothing bounds.
type place struct {
	*admission
	taken  usage
	caller string
	// named says that the caller is known: the place counts as its own, too.
	named bool
}

// enter takes a place for one more request.
func (a *admission) enter() (*place, error) {
	p := &place{admission: a}
	return p, p.take(1, 0)
}

// of says whose request it is, as far as that is known: it counts for nobody else any more.
func (p *place) of(caller string) error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.disown()
	own := p.callers[caller]
	if own == nil {
		own = &usage{}
		p.callers[caller] = own
	}
	if reason := exceeds(*own, p.taken, p.mostEach, reasonCaller); reason != "" {
		return p.refuse(reason)
	}
	own.add(p.taken.requests, p.taken.bytes)
	p.caller, p.named = caller, true
	return nil
}

// weigh says as how many requests it counts: as all that a caller may have, at most.
func (p *place) weigh(requests int) error {
	if p == nil {
		return nil
	}
	return p.take(min(requests, p.mostEach.requests)-p.taken.requests, 0)
}

// hold says how many bytes its body takes so far.
func (p *place) hold(bytes int) error {
	if p == nil || bytes <= freeBody {
		return nil
	}
	return p.take(0, bytes-p.taken.bytes)
}

// take takes more, or nothing where that exceeds a bound.
func (p *place) take(requests, bytes int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	more := usage{requests, bytes}
	if reason := exceeds(p.all, more, p.most, reasonAll); reason != "" {
		return p.refuse(reason)
	}
	if p.named {
		own := p.callers[p.caller]
		if reason := exceeds(*own, more, p.mostEach, reasonCaller); reason != "" {
			return p.refuse(reason)
		}
	}
	p.count(requests, bytes)
	return nil
}

// widen takes as many more requests as there is room for, up to most, and says how many those are.
// They are given back by narrow.
func (p *place) widen(most int) (more int) {
	if p == nil {
		return most
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	more = min(most, p.most.requests-p.all.requests)
	if p.named {
		more = min(more, p.mostEach.requests-p.callers[p.caller].requests)
	}
	more = max(more, 0)
	p.count(more, 0)
	return more
}

// narrow gives back what widen took.
func (p *place) narrow(more int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count(-more, 0)
}

// count notes what is taken beyond what was.
func (p *place) count(requests, bytes int) {
	if p.named {
		p.callers[p.caller].add(requests, bytes)
	}
	p.all.add(requests, bytes)
	p.taken.add(requests, bytes)
	inFlight.Set(float64(p.all.requests))
}

// exceeds is the reason for which there is no more beside what there is, empty where there is.
func exceeds(now, more, most usage, requests string) string {
	switch {
	case now.requests+more.requests > most.requests:
		return requests
	case more.bytes > 0 && now.bytes+more.bytes > most.bytes:
		return reasonBodies
	}
	return ""
}

// leave gives back what was taken.
func (p *place) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all.add(-p.taken.requests, -p.taken.bytes)
	inFlight.Set(float64(p.all.requests))
	p.drain.add(p.taken.requests, time.Now())
	p.disown()
}

// disown has the place count for no caller.
func (p *place) disown() {
	if !p.named {
		return
	}
	p.named = false
	own := p.callers[p.caller]
	if own.add(-p.taken.requests, -p.taken.bytes); *own == (usage{}) {
		delete(p.callers, p.caller)
	}
}

// refuse says why there is no place, and when there may be one.
func (a *admission) refuse(reason string) error {
	rejectedTotal.WithLabelValues(reason).Inc()
	f := fail(tooManyRequests, "more is being served than there is room for, so nothing was done: repeat the request unchanged, after a while")
	if reason == reasonCaller {
		f.detail = "so much of yours is being served already that nothing was done: repeat the request unchanged, after a while"
	}
	f.retryAfter = a.drain.estimate(a.all.requests, time.Now())
	return f
}

// drain measures at what rate requests have ended of late. The zero value is ready.
type drain struct {
	// rate is that of at, in requests a second.
	rate float64
	at   time.Time
}

const (
	// drainMemory is the time constant of the average: a request that ended this long ago counts
	// for about a third.
	drainMemory = time.Second
	// mostRetryAfter bounds Retry-After while hardly any request ends.
	mostRetryAfter = 10 * time.Second
)

func (d *drain) pass(now time.Time) {
	d.rate *= math.Exp(-now.Sub(d.at).Seconds() / drainMemory.Seconds())
	d.at = now
}

// add notes that so many have ended.
func (d *drain) add(requests int, now time.Time) {
	d.pass(now)
	d.rate += float64(requests) / drainMemory.Seconds()
}

// estimate is how long it takes until so many have ended, in whole seconds: one at least.
func (d *drain) estimate(requests int, now time.Time) time.Duration {
	d.pass(now)
	if float64(requests) >= d.rate*mostRetryAfter.Seconds() {
		return mostRetryAfter
	}
	seconds := max(math.Ceil(float64(requests)/d.rate), 1)
	return time.Duration(seconds * float64(time.Second))
}

// withRoom serves a request if there is room for one more. Whatever costs anything comes after it.
func (b *bridge) withRoom(serve serveFunc) serveFunc {
	return func(x *exchange, r *http.Request) error {
		p, err := b.admission.enter()
		if err != nil {
			return err
		}
		defer p.leave()
		x.place = p
		return serve(x, r)
	}
}

// perCaller serves a request if its caller has not too much in flight: by its address, until it
// is known who asks.
func (b *bridge) perCaller(serve serveFunc) serveFunc {
	return func(x *exchange, r *http.Request) error {
		if err := b.countCaller(x, callerOf(r)); err != nil {
			return err
		}
		return serve(x, r)
	}
}

// countCaller counts a request as its caller's. What other replicas forward was counted where it
// was taken in.
func (b *bridge) countCaller(x *exchange, caller string) error {
	if x.received {
		return nil
	}
	return x.place.of(caller)
}

// callerOf tells strangers apart: by the address that they come from.
func callerOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
