package sink

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/acme/inventory-service/api/events"
)

// line is what is printed for an event.
func line(now time.Time, e *event.Event, duplicate bool) string {
	words := []string{now.Format("15:04:05.000"), describe(e)}
	if duplicate {
		words = append(words, "(duplicate)")
	}
	return strings.Join(words, "  ") + "\n"
}

func describe(e *event.Event) string {
	switch e.Type() {
	case events.TypeReserved:
		var data events.InventoryReserved
		if e.DataAs(&data) == nil {
			return reserved(data)
		}
	case events.TypeUnavailable:
		var data events.InventoryUnavailable
		if e.DataAs(&data) == nil {
			return unavailable(e.Subject(), data)
		}
	}
	return fmt.Sprintf("%s  id %s  %d bytes", printable(e.Type()), printable(e.ID()), len(e.Data()))
}

func reserved(data events.InventoryReserved) string {
	items := make([]string, 0, len(data.Items))
	for _, item := range data.Items {
		items = append(items, fmt.Sprintf("%d x %s", item.Quantity, printable(item.ProductID)))
	}
	return outcome("reserved", data.ReservationID, data.CartID, data.OrderID, items)
}

func unavailable(reservation string, data events.InventoryUnavailable) string {
	items := make([]string, 0, len(data.UnavailableItems))
	for _, item := range data.UnavailableItems {
		items = append(items, fmt.Sprintf("%d of %d x %s", item.Available, item.Requested, printable(item.ProductID)))
	}
	return outcome("unavailable", reservation, data.CartID, data.OrderID, items)
}

func outcome(what, reservation, cart, order string, items []string) string {
	words := []string{fmt.Sprintf("%-11s", what), "reservation " + printable(reservation)}
	if cart != "" {
		words = append(words, "cart "+printable(cart))
	}
	if order != "" {
		words = append(words, "order "+printable(order))
	}
	return strings.Join(append(words, strings.Join(items, ", ")), "  ")
}

// printable keeps a sender from writing anything but text on a line.
func printable(s string) string {
	for _, c := range s {
		if !strconv.IsPrint(c) {
			return strconv.Quote(s)
		}
	}
	return s
}
