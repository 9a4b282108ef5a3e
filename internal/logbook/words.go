package logbook

import (
	"fmt"
	"strings"
	"time"

	"github.com/acme/inventory-service/internal/stock"
)

// words says what a record says: a verb, and the rest of the sentence.
func words(record stock.Record) (verb, rest string, at stock.Time) {
	switch r := record.(type) {
	case *stock.Term:
		return "term", r.Leader + " begins to lead", r.At
	case *stock.ItemRecord:
		return "item", item(&r.Item), r.At
	case *stock.ItemGone:
		return "item-gone", fmt.Sprintf("%s (%s) was deleted", r.Name, r.UID), r.At
	case *stock.Reserved:
		return "reserved", reserved(&r.Reservation), r.At
	case *stock.Refused:
		return "refused", refused(&r.Reservation), r.At
	case *stock.Released:
		return "released", change(&r.Change), r.At
	case *stock.Consumed:
		return "consumed", change(&r.Change) + totals(r.Totals), r.At
	case *stock.Extended:
		return "extended", fmt.Sprintf("%s until %s%s", r.Reservation, moment(r.Expires), by(r.Actor)), r.At
	case *stock.Ordered:
		return "ordered", fmt.Sprintf("%s is order %s%s", r.Reservation, r.Order, by(r.Actor)), r.At
	case *stock.ReaderRecord:
		return "reader", reader(r), r.At
	case *stock.Shown:
		return "shown", shown(r), r.At
	case *stock.Cart:
		return "cart", cart(&r.Reservation), r.At
	case *stock.TotalRecord:
		return "total", fmt.Sprintf("%d %s consumed in %s", r.Consumed, r.Product, r.Location), r.At
	case *stock.Founded:
		return "founded", "this journal replaces " + r.Replaces, r.At
	case *stock.RestoreRecord:
		return "restore", restore(r), r.At
	default:
		return "unknown", fmt.Sprintf("kind %d", record.Kind()), 0
	}
}

func item(i *stock.Item) string {
	text := fmt.Sprintf("%s: %d %s received in %s", i.Name, i.Received, i.Product, i.Location)
	if i.Sellable < i.Received {
		text += fmt.Sprintf(", %d sellable", i.Sellable)
	}
	if i.SafetyStock > 0 {
		text += fmt.Sprintf(", safety stock %d", i.SafetyStock)
	}
	if i.Suspended {
		text += ", suspended"
	}
	if i.Untracked {
		text += ", not tracked"
	}
	if i.Waits {
		text += ", waits to take over"
	}
	if i.TakesOver {
		text += ", takes over"
	}
	if i.Refused > 0 {
		text += fmt.Sprintf(", %d carts refused", i.Refused)
	}
	return fmt.Sprintf("%s, generation %d, version %d", text, i.Generation, i.Version)
}

func reserved(r *stock.Reservation) string {
	text := about(r) + " gets " + places(r.Allocations) + " until " + moment(r.Expires)
	if r.Replaces != "" {
		text += ", instead of " + string(r.Replaces)
	}
	return text + by(r.Actor)
}

func refused(r *stock.Reservation) string {
	short := make([]string, len(r.Short))
	for i, s := range r.Short {
		short[i] = fmt.Sprintf("%d of %d %s", s.Available, s.Requested, s.Product)
	}
	return about(r) + ": there are " + strings.Join(short, ", ") + by(r.Actor)
}

// cart says what compaction restates.
func cart(r *stock.Reservation) string {
	if r.Phase == stock.PhaseRefused {
		return "still known: refused " + refused(r)
	}
	text := about(r) + " holds " + places(r.Allocations)
	if r.Phase.Ended() {
		text = fmt.Sprintf("%s had %s, %s %s", about(r), places(r.Allocations), phase(r.Phase), moment(r.Ended))
	}
	text += by(r.Actor)
	if r.ReleasedBy != "" {
		text += ", released by " + string(r.ReleasedBy)
	}
	if r.ConsumedBy != "" {
		text += ", consumed by " + string(r.ConsumedBy)
	}
	return "still known: " + text
}

func about(r *stock.Reservation) string {
	text := string(r.ID)
	if r.Cart != "" {
		text += ", cart " + string(r.Cart)
	}
	if r.Order != "" {
		text += ", order " + string(r.Order)
	}
	return fmt.Sprintf("%s (outcome %d)", text, r.Number)
}

func change(c *stock.Change) string {
	text := string(c.Reservation)
	if c.Phase.Ended() {
		text += fmt.Sprintf(" is %s", phase(c.Phase))
	} else {
		text += " goes on"
	}
	if c.Reason != "" {
		text += " (" + c.Reason + ")"
	}
	if c.ReplacedBy != "" {
		text += ", replaced by " + string(c.ReplacedBy)
	}
	return text + ": " + places(c.Allocations) + by(c.Actor)
}

// places says where units are from, and what became of them.
func places(allocations []stock.Allocation) string {
	texts := make([]string, len(allocations))
	for i, a := range allocations {
		texts[i] = fmt.Sprintf("%d %s from %s", a.Quantity, a.Product, a.Location)
		var became []string
		if a.Consumed > 0 {
			became = append(became, fmt.Sprintf("%d consumed", a.Consumed))
		}
		if a.Released > 0 {
			became = append(became, fmt.Sprintf("%d released", a.Released))
		}
		if len(became) > 0 {
			texts[i] += " (" + strings.Join(became, ", ") + ")"
		}
	}
	return strings.Join(texts, ", ")
}

func totals(all []stock.Total) string {
	var text strings.Builder
	for _, t := range all {
		fmt.Fprintf(&text, "; %d %s consumed in %s by now", t.Consumed, t.Product, t.Location)
	}
	return text.String()
}

func reader(r *stock.ReaderRecord) string {
	if name, is := r.WantsPages(); is {
		if r.Position == "" {
			return "the reader " + name + " is registered no more: no page waits for it"
		}
		return "the reader " + name + " has read all before page " + r.Position
	}
	if r.Position == "" {
		return r.Name + " is no reader any more"
	}
	return r.Name + " has read up to " + r.Position
}

func shown(r *stock.Shown) string {
	object := string(r.Object.UID)
	if r.Object.Name != "" {
		object = r.Object.Name + " (" + object + ")"
	}
	if r.Object.Gone {
		return fmt.Sprintf("%s: its object %s is gone, version %d", r.Reservation, object, r.Object.Version)
	}
	return fmt.Sprintf("%s is shown by %s, version %d", r.Reservation, object, r.Object.Version)
}

func phase(p stock.Phase) string {
	switch p {
	case stock.PhaseReserved:
		return "reserved"
	case stock.PhaseRefused:
		return "refused"
	case stock.PhaseReleased:
		return "released"
	case stock.PhaseConsumed:
		return "consumed"
	default:
		return fmt.Sprintf("in phase %d", p)
	}
}

func by(actor stock.ID) string {
	if actor == "" {
		return ""
	}
	return ", by " + string(actor)
}

// moment is a time with six decimals, UTC; "-" for none.
func moment(t stock.Time) string {
	if t == 0 {
		return "-"
	}
	return time.UnixMicro(int64(t)).UTC().Format("2006-01-02T15:04:05.000000Z")
}

func restore(r *stock.RestoreRecord) string {
	switch r.Stage {
	case stock.RestoreAwaited:
		return "no cart is decided until what was shipped and held elsewhere is restored"
	case stock.RestoreWaived:
		return "none is awaited any more"
	case stock.RestoreBegun:
		return fmt.Sprintf("what journal %s knew follows: %s", r.From, r.Digest)
	default:
		return fmt.Sprintf("what journal %s knew is here: %s", r.From, r.Digest)
	}
}
