package allocator_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// publisher plays the rules of delivery of internal/publisher, whose own code
// jitters its retries and so cannot replay: each outcome of the watch goes to the
// sink until that acknowledges it, the cursor is the lowest version of which that
// is not known, and a process starts where the stored ledger says.
type publisher struct {
	p *process
	// start is the cursor that this process began with, safe the version up to
	// which the watch has told everything.
	start, safe uint64
	pending     map[types.UID]uint64
	done        map[types.UID]bool
	// told and toldOpen are what the journal was told last.
	told     uint64
	toldOpen int
}

// resume starts from the cursor in the ledger, as the cache knows it.
func (u *publisher) resume() {
	u.start, u.told, u.toldOpen = 0, 0, 0
	if l, ok := u.p.cache[ledgers][v1.LedgerName].(*v1.StockLedger); ok {
		cursor, err := strconv.ParseUint(l.Status.Cursor, 10, 64)
		if err == nil && cursor <= versionNumber(l.ResourceVersion) {
			u.start = cursor
		}
	}
	u.pending = map[types.UID]uint64{}
	if u.done == nil {
		u.done = map[types.UID]bool{}
	}
	for _, name := range slices.Sorted(maps.Keys(u.p.cache[reservations])) {
		u.met(u.p.cache[reservations][name].(*v1.Reservation))
	}
	lead := u.p.lead
	var tick func()
	tick = func() {
		if lead.Err() == nil {
			u.report()
			u.p.w.after(time.Second, tick)
		}
	}
	u.p.w.after(time.Second, tick)
}

func (u *publisher) see(k kind, c change) {
	if k == reservations && u.p.leading {
		u.met(c.object.(*v1.Reservation))
	}
}

// passed takes notice that the watch has told everything up to a change.
func (u *publisher) passed(k kind, c change) {
	if k == reservations {
		u.safe = max(u.safe, versionNumber(c.object.GetResourceVersion()))
	}
}

// met takes notice of an outcome that may be new.
func (u *publisher) met(r *v1.Reservation) {
	version := versionNumber(r.ResourceVersion)
	if _, pending := u.pending[r.UID]; pending || !r.Decided() || u.done[r.UID] || version < u.start {
		return
	}
	u.pending[r.UID] = version
	u.send(r)
}

func (u *publisher) send(r *v1.Reservation) {
	w, lead := u.p.w, u.p.lead
	f := &w.scenario.faults
	w.after(w.upTo(30*time.Millisecond), func() {
		if lead.Err() != nil {
			return
		}
		if !w.chance(f.sink) {
			w.store.oracle.delivered(r)
			if !w.chance(f.sink) {
				delete(u.pending, r.UID)
				u.done[r.UID] = true
				return
			}
		}
		w.after(w.upTo(2*time.Second), func() {
			if lead.Err() == nil {
				u.send(r)
			}
		})
	})
}

// report keeps the cursor in the ledger.
func (u *publisher) report() {
	cursor := u.safe + 1
	for _, first := range u.pending {
		cursor = min(cursor, first)
	}
	if cursor = max(cursor, u.start); cursor != u.told || len(u.pending) != u.toldOpen {
		u.told, u.toldOpen = cursor, len(u.pending)
		u.p.allocator.RecordProgress(simNamespace, cursor, int64(len(u.pending)))
	}
}

// delivered tells whether retention may delete a Reservation.
func (u *publisher) delivered(r *v1.Reservation) bool {
	if !r.Decided() {
		return r.CurrentPhase().Final()
	}
	if _, pending := u.pending[r.UID]; pending {
		return false
	}
	version := versionNumber(r.ResourceVersion)
	return u.done[r.UID] || version < u.start || version <= u.safe
}

func versionNumber(resourceVersion string) uint64 {
	version, _ := strconv.ParseUint(resourceVersion, 10, 64)
	return version
}

// deliveries is what the sink got, and what it has to get.
type deliveries struct {
	payloads map[string]string
	owed     map[string]string
}

func newDeliveries() deliveries {
	return deliveries{payloads: map[string]string{}, owed: map[string]string{}}
}

func eventID(r *v1.Reservation) string {
	if r.WasReserved() {
		return string(r.UID) + ".reserved"
	}
	return string(r.UID) + ".unavailable"
}

// payload is what the event tells: the facts that never change once decided.
func payload(r *v1.Reservation) string {
	var text strings.Builder
	_, _ = fmt.Fprint(&text, r.Name, r.Status.DecidedAt.UnixMicro(), r.Status.OrderID, r.Status.Units, r.Status.UnavailableItems)
	for _, a := range r.Status.Allocations {
		_, _ = fmt.Fprint(&text, a.ProductID, a.LocationID, a.Quantity)
	}
	return text.String()
}

// delivered checks that an outcome is told under one id with one payload.
func (o *oracle) delivered(r *v1.Reservation) {
	id, text := eventID(r), payload(r)
	if before, again := o.sink.payloads[id]; again && before != text {
		o.w.failf("event %s tells %s after %s", id, text, before)
	}
	o.sink.payloads[id] = text
}

// retained checks that the operator deletes only what was delivered.
func (o *oracle) retained(r *v1.Reservation) {
	if r.Decided() && o.sink.payloads[eventID(r)] == "" {
		o.w.failf("%s is deleted after its retention, and its outcome was never delivered", r.Name)
	}
	if !r.CurrentPhase().Final() {
		o.w.failf("%s is deleted after its retention as %s", r.Name, r.CurrentPhase())
	}
}

// checkDelivered checks that every outcome was delivered whose Reservation nobody
// has withdrawn.
func (o *oracle) checkDelivered() {
	for id, name := range o.sink.owed {
		if o.sink.payloads[id] == "" {
			o.w.failf("the outcome %s of %s was never delivered", id, name)
		}
	}
}
