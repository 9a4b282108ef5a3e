package chaos

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/books"
)

// judge compares what everybody was told with what the journal says in the end.
func (b *bout) judge(all *books.Books) {
	b.Helper()
	if b.hold == "" {
		return
	}
	r, ok := all.Cart(b.hold)
	if !ok {
		b.fault.Violated("hold %s is lost", b.hold)
		return
	}
	standing := 0
	for _, m := range b.moves {
		b.fault.Checked(len(m.told))
		b.judgeAlike(m)
		switch m.kind {
		case "replace":
			standing += b.judgeReplaced(all, r, m)
		case "rival":
			b.judgeRival(all, m)
		default:
			b.judgeChange(r, m)
		}
	}
	if (r.ReplacedBy != "") != (standing == 1) || standing > 1 {
		b.fault.Violated("hold %s is replaced by %q, and %d carts took its place", r.ID, r.ReplacedBy, standing)
	}
	if r.Phase.Ended() && r.Reason == stock.ReasonExpired && (r.Ended < r.Expires || r.Ended < r.Granted()) {
		b.fault.Violated("hold %s ran out at %d, before %d", r.ID, r.Ended, r.Expires)
	}
	b.judgeObject(r)
}

// judgeAlike checks that those who sent one reserve were told the same.
func (b *bout) judgeAlike(m *move) {
	if m.patched || m.kind != "replace" && m.kind != "rival" {
		return
	}
	for _, told := range m.told {
		if first := m.told[0]; told.done != first.done || told.problem != first.problem || told.done && told.reservation != first.reservation {
			b.fault.Violated("one command of %s was told\n%s\nand\n%s", b.hold, first.text, told.text)
		}
	}
}

// judgeReplaced checks a cart that was to take the place of the hold, and tells how many did.
func (b *bout) judgeReplaced(all *books.Books, r *stock.Reservation, m *move) int {
	if len(m.told) == 0 || m.told[0].reservation == "" {
		return 0 // its end says who did
	}
	told := m.told[0]
	other, known := all.Cart(told.reservation)
	switch {
	case told.done && (!known || other.Phase == stock.PhaseRefused || other.Replaces != r.ID || other.Cart != r.Cart):
		b.fault.Violated("%s was told to replace %s, and the journal has %+v", told.reservation, r.ID, other)
	case told.done && (r.ReplacedBy != other.ID || r.Reason != stock.ReasonReplaced || !r.Phase.Ended()):
		b.fault.Violated("%s was told to replace %s, whose end says otherwise: %+v", told.reservation, r.ID, r)
	case told.done:
		return 1
	case known && other.Phase != stock.PhaseRefused:
		b.fault.Violated("%s was told not to replace %s (%s), and is %+v", told.reservation, r.ID, told.text, other)
	case string(r.ReplacedBy) == told.reservation:
		b.fault.Violated("%s was refused, and ended %s", told.reservation, r.ID)
	}
	return 0
}

func (b *bout) judgeRival(all *books.Books, m *move) {
	for _, told := range m.told {
		if told.reservation == "" {
			continue // a refusal over plain HTTP
		}
		if other, ok := all.Cart(told.reservation); !ok || told.done != (other.Phase != stock.PhaseRefused) {
			b.fault.Violated("a cart was told %s, and is %+v", told.text, other)
		}
	}
}

// judgeChange checks that what was told of a change has stayed so.
func (b *bout) judgeChange(r *stock.Reservation, m *move) {
	if m.patched || !m.done() {
		return
	}
	switch m.kind {
	case "extend":
		for _, told := range m.told {
			until := stock.Time(told.expires.UnixMicro())
			if told.done && (told.expires.Before(m.until) || r.Expires < until || r.Reason == stock.ReasonExpired && r.Ended < until) {
				b.fault.Violated("hold %s was told to last until %v, and ran out: %+v", r.ID, told.expires, r)
			}
		}
	case "attach":
		if string(r.CurrentOrder()) != m.order {
			b.fault.Violated("hold %s was told to be of order %s, and is of %q", r.ID, m.order, r.CurrentOrder())
		}
		b.judgeFound(m.order)
	case "ship elsewhere":
		if shippedFrom(r, "south") < m.units {
			b.fault.Violated("%d units of hold %s were told to be shipped from the south, and it is %+v", m.units, r.ID, r)
		}
	case "release":
		// Some of it may have been shipped before, or it ran out.
		if !r.Phase.Ended() {
			b.fault.Violated("hold %s was told to be released, and is %+v", r.ID, r)
		}
	case "consume":
		if r.Phase != stock.PhaseConsumed || r.Reason != "" {
			b.fault.Violated("hold %s was told to be consumed, and is %+v", r.ID, r)
		}
	}
}

func shippedFrom(r *stock.Reservation, location string) (units int64) {
	for _, a := range r.Allocations {
		if a.Location == location {
			units += a.Consumed
		}
	}
	return units
}

// judgeFound asks every replica for the reservations of an order, of which the hold is one.
func (b *bout) judgeFound(order string) {
	for _, c := range b.corners {
		answer, err := http.Get("http://" + c.address + "/reservations?orderId=" + url.QueryEscape(order))
		if err != nil {
			b.Error(err)
			return
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || !strings.Contains(string(body), `"reservationId":"`+b.hold+`"`) {
			b.fault.Violated("order %s is told to have %s, %v, and not %s", order, body, err, b.hold)
		}
	}
}

// judgeObject checks that the object has, or says why not, what patches that were accepted ask for.
func (b *bout) judgeObject(r *stock.Reservation) {
	for _, m := range b.moves {
		if !m.patched || m.kind == "replace" || !m.done() {
			continue
		}
		b.AwaitReservation(b.object, func(object *v1.Reservation) bool {
			says := func(condition string) bool { return meta.IsStatusConditionFalse(object.Status.Conditions, condition) }
			switch m.kind {
			case "extend":
				return !m.until.After(object.Status.ExpiresAt.Time) || says(v1.ConditionHoldExtended)
			case "attach":
				return m.order == string(r.CurrentOrder()) || says(v1.ConditionOrderAttached)
			default:
				return shippedFrom(r, "south") >= m.units || says(v1.ConditionItemsMatch)
			}
		})
	}
}
