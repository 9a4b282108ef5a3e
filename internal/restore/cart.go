package restore

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/internal/stock"
)

// Cart is a reservation as a File has it.
type Cart struct {
	// ID is the reservationId that callers were told.
	ID string `json:"id"`
	// Name is that of the object, where a person or Git made it.
	Name  string `json:"name,omitempty"`
	Phase string `json:"phase"`
	// OutcomeID names the outcome's event. Undelivered says that nobody has acknowledged that.
	OutcomeID   string            `json:"outcomeID"`
	Undelivered bool              `json:"undelivered,omitempty"`
	CartID      string            `json:"cartID,omitempty"`
	CustomerID  string            `json:"customerID,omitempty"`
	OrderID     string            `json:"orderID,omitempty"`
	LaterOrder  string            `json:"laterOrderID,omitempty"`
	Command     *Command          `json:"command,omitempty"`
	Extensions  map[string]string `json:"extensions,omitempty"`
	Items       []Line            `json:"items"`
	Allocations []Allocation      `json:"allocations,omitempty"`
	Short       []Shortage        `json:"unavailableItems,omitempty"`
	DecidedAt   metav1.MicroTime  `json:"decidedAt"`
	// ExpiresAt is empty for a hold without end; FirstExpiresAt is that of the decision, where it
	// was extended.
	ExpiresAt      *metav1.MicroTime `json:"expiresAt,omitempty"`
	FirstExpiresAt *metav1.MicroTime `json:"firstExpiresAt,omitempty"`
	EndedAt        *metav1.MicroTime `json:"endedAt,omitempty"`
	Reason         string            `json:"reason,omitempty"`
	RequestedBy    string            `json:"requestedBy,omitempty"`
	ReleasedBy     string            `json:"releasedBy,omitempty"`
	ConsumedBy     string            `json:"consumedBy,omitempty"`
	Replaces       string            `json:"replaces,omitempty"`
	ReplacedBy     string            `json:"replacedBy,omitempty"`
}

// Command is what asked for a cart, so that a repetition stays one.
type Command struct {
	Source string            `json:"source,omitempty"`
	ID     string            `json:"id"`
	Time   *metav1.MicroTime `json:"time,omitempty"`
	Hash   string            `json:"hash,omitempty"`
	// Given says that the bridge made the id up: nobody can repeat it.
	Given bool `json:"given,omitempty"`
}

// Line is what a cart asks for.
type Line struct {
	ProductID string `json:"productID"`
	Quantity  int64  `json:"quantity"`
}

// Allocation is what a line got from one location.
type Allocation struct {
	ProductID  string `json:"productID"`
	LocationID string `json:"locationID"`
	Quantity   int64  `json:"quantity"`
	Consumed   int64  `json:"consumed,omitempty"`
	Released   int64  `json:"released,omitempty"`
}

// Shortage is a line that could not be served.
type Shortage struct {
	ProductID string `json:"productID"`
	Requested int64  `json:"requested"`
	Available int64  `json:"available"`
}

// phases are the names of phases.
var phases = map[stock.Phase]string{
	stock.PhaseReserved: "Reserved", stock.PhaseRefused: "Unavailable", stock.PhaseReleased: "Released", stock.PhaseConsumed: "Consumed",
}

func cartOf(r *stock.Reservation, undelivered bool) Cart {
	c := Cart{
		ID: string(r.ID), Phase: phases[r.Phase], OutcomeID: string(r.Outcome), Undelivered: undelivered,
		CartID: string(r.Cart), CustomerID: string(r.Customer), OrderID: string(r.Order), LaterOrder: string(r.LaterOrder),
		Extensions: r.Extensions, DecidedAt: *timeOf(max(r.At, 1)), ExpiresAt: timeOf(r.Expires), FirstExpiresAt: timeOf(r.FirstExpires),
		EndedAt: timeOf(r.Ended), Reason: r.Reason, RequestedBy: string(r.Actor), ReleasedBy: string(r.ReleasedBy), ConsumedBy: string(r.ConsumedBy),
		Replaces: string(r.Replaces), ReplacedBy: string(r.ReplacedBy),
	}
	if r.Command.ID != "" {
		c.Command = &Command{Source: r.Command.Source, ID: string(r.Command.ID), Time: timeOf(r.Command.Time), Hash: r.Command.Hash, Given: r.Command.Given}
	} else {
		c.Name = r.Object.Name
	}
	for _, line := range r.Lines {
		c.Items = append(c.Items, Line{ProductID: string(line.Product), Quantity: line.Quantity})
	}
	for _, a := range r.Allocations {
		c.Allocations = append(c.Allocations, Allocation{
			ProductID: string(a.Product), LocationID: a.Location, Quantity: a.Quantity, Consumed: a.Consumed, Released: a.Released,
		})
	}
	for _, s := range r.Short {
		c.Short = append(c.Short, Shortage{ProductID: string(s.Product), Requested: s.Requested, Available: s.Available})
	}
	return c
}

// reservation is what the journal takes in. Its number says no more than whether the outcome is
// undelivered.
func (c *Cart) reservation() (stock.Reservation, error) {
	r := stock.Reservation{
		ID: stock.ID(c.ID), Outcome: stock.ID(c.OutcomeID), Cart: stock.ID(c.CartID), Customer: stock.ID(c.CustomerID),
		Order: stock.ID(c.OrderID), LaterOrder: stock.ID(c.LaterOrder), Object: stock.Object{Name: c.Name}, Extensions: c.Extensions,
		At: momentOf(&c.DecidedAt), Expires: momentOf(c.ExpiresAt), FirstExpires: momentOf(c.FirstExpiresAt), Ended: momentOf(c.EndedAt), Reason: c.Reason,
		Actor: stock.ID(c.RequestedBy), ReleasedBy: stock.ID(c.ReleasedBy), ConsumedBy: stock.ID(c.ConsumedBy),
		Replaces: stock.ID(c.Replaces), ReplacedBy: stock.ID(c.ReplacedBy),
	}
	for phase, name := range phases {
		if name == c.Phase {
			r.Phase = phase
		}
	}
	if r.Phase == 0 || c.ID == "" {
		return r, fmt.Errorf("reservation %q is in phase %q, which is none", c.ID, c.Phase)
	}
	if c.Undelivered {
		r.Number = 1
	}
	if m := c.Command; m != nil {
		r.Command = stock.Command{Source: m.Source, ID: stock.ID(m.ID), Time: momentOf(m.Time), Hash: m.Hash, Given: m.Given}
	}
	for _, line := range c.Items {
		r.Lines = append(r.Lines, stock.Line{Product: stock.ID(line.ProductID), Quantity: line.Quantity})
	}
	for _, a := range c.Allocations {
		r.Allocations = append(r.Allocations, stock.Allocation{
			Product: stock.ID(a.ProductID), Location: a.LocationID, Quantity: a.Quantity, Consumed: a.Consumed, Released: a.Released,
		})
	}
	for _, s := range c.Short {
		r.Short = append(r.Short, stock.Shortage{Product: stock.ID(s.ProductID), Requested: s.Requested, Available: s.Available})
	}
	return r, nil
}
