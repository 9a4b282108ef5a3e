package journal_test

import (
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
)

// driver is one process whose effects are performed at once, in order. Waits pass when
// the test says so.
type driver struct {
	*journal.Log
	t      *testing.T
	server *journaltest.Server
	now    time.Time
	// watch is the call of the list that is watched from, from the version seen last.
	watch, from uint64
	wake        *journal.Wake
	held        []held // effects that are to be performed later
	// slow says that every effect waits for pass.
	slow    bool
	records []string
	head    uint64
	notices []journal.Effect
}

type held struct {
	effect journal.Effect
	delay  time.Duration
}

var began = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)

// drive starts a process; modify changes its configuration.
func drive(t *testing.T, server *journaltest.Server, name string, modify ...func(*journal.Config)) *driver {
	config := journal.Config{
		Self: journal.Leader{Name: name}, Process: name, Fill: 24, MaxPage: 60, Spare: 4,
		WriteFormat: journal.Format, Pack: journaltest.Pack,
	}
	for _, m := range modify {
		m(&config)
	}
	d := &driver{Log: journal.New(config), t: t, server: server, now: began}
	d.perform(d.Start())
	return d
}

// tell passes on an event and performs what follows.
func (d *driver) tell(e journal.Event) {
	d.perform(d.Step(d.now, e))
}

func (d *driver) perform(effects []journal.Effect) {
	for _, effect := range effects {
		switch e := effect.(type) {
		case journal.Reset:
			d.records, d.head = nil, 0
		case journal.Applied:
			d.head = e.Head
			for _, record := range e.Records {
				d.records = append(d.records, string(record))
			}
		case journal.Landed, journal.Proved, journal.Abandoned, journal.Refused:
			d.notices = append(d.notices, effect)
		case journal.Wake:
			d.wake = &e
		default:
			if delay := delayOf(effect); delay > 0 || d.slow {
				d.held = append(d.held, held{effect, delay})
			} else {
				d.serve(effect)
			}
		}
	}
}

func (d *driver) serve(effect journal.Effect) {
	answer := d.server.Serve(effect)
	if l, ok := answer.(journal.Listed); ok {
		d.watch, d.from = l.Call, l.Version
	}
	d.tell(answer)
}

func delayOf(effect journal.Effect) time.Duration {
	switch e := effect.(type) {
	case journal.List:
		return e.Delay
	case journal.Get:
		return e.Delay
	case journal.Put:
		return e.Delay
	case journal.Create:
		return e.Delay
	default:
		return 0
	}
}

// follow delivers what the watch has.
func (d *driver) follow() {
	for {
		c, ok := d.server.After(d.from)
		if !ok {
			return
		}
		d.from = c.Version
		d.tell(journal.Watched{Call: d.watch, Page: *c.Page, Deleted: c.Deleted})
	}
}

// lead has the process elected and its term landed.
func (d *driver) lead() *driver {
	d.t.Helper()
	d.tell(journal.Elected{})
	if d.Turn(d.now) != journal.Claim {
		d.t.Fatalf("%s, and not its turn to claim", d.Stage())
	}
	d.append("term")
	if !d.Leading() {
		d.t.Fatalf("%s after its term, not leading", d.Stage())
	}
	return d
}

// append appends records, with the head where it was.
func (d *driver) append(records ...string) { d.appendFrom(max(d.head, 1), records...) }

// appendFrom appends records and moves the head.
func (d *driver) appendFrom(head uint64, records ...string) {
	d.t.Helper()
	if d.Turn(d.now) == journal.Idle {
		d.t.Fatalf("%s, and nothing may be appended", d.Stage())
	}
	batch := journal.Batch{Head: head}
	for _, record := range records {
		batch.Records = append(batch.Records, []byte(record))
	}
	d.perform(d.Append(batch))
}

// pass lets a wait pass.
func (d *driver) pass() {
	if len(d.held) > 0 {
		h := d.held[0]
		d.held, d.now = d.held[1:], d.now.Add(h.delay)
		d.serve(h.effect)
		return
	}
	if d.wake != nil {
		wake := *d.wake
		d.wake, d.now = nil, d.now.Add(wake.After)
		d.tell(journal.Woken{Call: wake.Call})
	}
}
