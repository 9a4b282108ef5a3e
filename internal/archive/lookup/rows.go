package lookup

import (
	"encoding/json"
	"fmt"

	"github.com/acme/inventory-service/internal/stock"
)

// row is one reservation as a statement returns it.
type row struct {
	ID, Outcome, Cart, Order, Replaces, ReplacedBy stock.ID
	Actor, ReleasedBy, ConsumedBy                  stock.ID
	Status, Reason                                 string
	Number                                         uint64
	At, Expires, FirstExpires, Ended               stock.Time
	Source                                         string
	Command                                        stock.ID
	UID                                            stock.ID
	Name                                           string
	Gone                                           bool
	Items                                          []stock.Line
	Allocations                                    []stock.Allocation
	Refused                                        []struct {
		stock.Line
		Short     bool
		Available int64
	}
}

// read makes reservations of what a statement returns.
func read(text []byte) ([]*stock.Reservation, error) {
	var rows []row
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, fmt.Errorf("read what the archive says: %w", err)
	}
	found := make([]*stock.Reservation, 0, len(rows))
	for i := range rows {
		found = append(found, rows[i].reservation())
	}
	return found, nil
}

var phases = map[string]stock.Phase{
	"HELD": stock.PhaseReserved, "RELEASED": stock.PhaseReleased, "CONSUMED": stock.PhaseConsumed, "REFUSED": stock.PhaseRefused,
}

func (r *row) reservation() *stock.Reservation {
	is := &stock.Reservation{
		ID: r.ID, Phase: phases[r.Status], Outcome: r.Outcome, Number: r.Number, Cart: r.Cart, Order: r.Order,
		Command: stock.Command{Source: r.Source, ID: r.Command}, Object: stock.Object{UID: r.UID, Name: r.Name, Gone: r.Gone},
		Lines: r.Items, Allocations: r.Allocations,
		At: r.At, Expires: r.Expires, FirstExpires: r.FirstExpires, Ended: r.Ended, Reason: r.Reason,
		Replaces: r.Replaces, ReplacedBy: r.ReplacedBy, Actor: r.Actor, ReleasedBy: r.ReleasedBy, ConsumedBy: r.ConsumedBy,
	}
	for _, l := range r.Refused {
		is.Lines = append(is.Lines, l.Line)
		if l.Short {
			is.Short = append(is.Short, stock.Shortage{Product: l.Product, Requested: l.Quantity, Available: l.Available})
		}
	}
	if is.Command.ID == "" && is.Object.UID == "" {
		is.Object.UID = is.ID // a person's or Git's: its id is the object's uid
	}
	return is
}
