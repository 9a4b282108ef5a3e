package publisher

import (
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/view"
)

const (
	// failingAfter is for how long an outcome must have failed when that is told.
	failingAfter = 30 * time.Second
	// sayEvery is how often it is looked at whether the sink takes outcomes.
	sayEvery = time.Second
)

// failure is an outcome that failed, and goes on failing.
type failure struct {
	since       time.Time
	reservation string
	answer      answer
}

// sayings are what is known of how namespaces' outcomes fare, for their StockLedgers.
type sayings struct {
	mu   sync.Mutex
	said map[string]metav1.Condition
}

// Delivering says whether the sink takes the outcomes of a namespace, as a condition for its
// StockLedger. ok is false where this process does not know (yet): it does not lead there, or
// has tried nothing. The condition has no type where there is no sink.
func (p *Publisher) Delivering(namespace string) (c metav1.Condition, ok bool) {
	p.sayings.mu.Lock()
	defer p.sayings.mu.Unlock()
	c, ok = p.sayings.said[namespace]
	return c, ok
}

// say keeps what is known and has it told; nil forgets it.
func (p *Publisher) say(namespace string, c *metav1.Condition) {
	p.sayings.mu.Lock()
	before, said := p.sayings.said[namespace]
	switch {
	case c == nil:
		delete(p.sayings.said, namespace)
	case p.sayings.said == nil:
		p.sayings.said = map[string]metav1.Condition{namespace: *c}
	default:
		p.sayings.said[namespace] = *c
	}
	p.sayings.mu.Unlock()
	if c != nil && (!said || before != *c) && p.options.Changed != nil {
		p.options.Changed(namespace)
	}
}

// fared takes in how a send went, for what is to be said.
func (c *course) fared(r result, now time.Time) {
	switch before, failing := c.failing[r.outcome]; {
	case r.end == delivered:
		c.took = true
		delete(c.failing, r.outcome)
	case r.end == refusedForNow:
		delete(c.failing, r.outcome)
	case r.failed && failing:
		before.answer = r.answer
		c.failing[r.outcome] = before
	case r.failed:
		c.failing[r.outcome] = failure{since: now, reservation: view.Name(r.r), answer: r.answer}
	}
}

// saying says how the outcomes fare.
func (c *course) saying(now time.Time) {
	if now.Before(c.sayAt) {
		return
	}
	c.sayAt = now.Add(sayEvery)
	if condition, ok := c.delivering(now); ok {
		c.say(c.namespace, &condition)
	}
}

// delivering is the condition; ok is false where nothing is known yet.
func (c *course) delivering(now time.Time) (condition metav1.Condition, ok bool) {
	say := func(status metav1.ConditionStatus, reason, format string, arguments ...any) metav1.Condition {
		return metav1.Condition{Type: v1.ConditionDelivering, Status: status, Reason: reason, Message: fmt.Sprintf(format, arguments...)}
	}
	f, failing := c.longest(now)
	switch {
	case c.to.nowhere():
		return condition, true
	case c.to.err != nil:
		return say(metav1.ConditionFalse, v1.ReasonSinkInvalid, "%s", c.to.invalid()), true
	case failing:
		reason := v1.ReasonSinkFails
		if f.answer.absent {
			reason = v1.ReasonSinkNotFound
		}
		return say(metav1.ConditionFalse, reason, "the sink %s has not taken the event of reservation %s since %s: %v. See that it runs, that its URL "+
			"is right, and what its listeners answer. Nothing is lost: the event is tried again at growing pauses, and others are sent meanwhile",
			c.to.sink.label, f.reservation, f.since.UTC().Format(time.RFC3339), f.answer.err), true
	case !c.to.wait && (c.took || c.line.backlog() == 0):
		return say(metav1.ConditionTrue, v1.ReasonSinkAccepts, "outcomes go to %s", c.to.sink.label), true
	default:
		return condition, false
	}
}

// longest is what fails for the longest time, if for long.
func (c *course) longest(now time.Time) (longest failure, failing bool) {
	for _, f := range c.failing {
		if now.Sub(f.since) >= failingAfter && (!failing || f.since.Before(longest.since)) {
			longest, failing = f, true
		}
	}
	return longest, failing
}
