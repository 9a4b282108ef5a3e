package catalog

import (
	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/contract"
)

// flow is what happens in one case, step by step.
type flow struct {
	id, name, summary string
	steps             []step
}

// step is one of a flow: somebody, the service, or a message.
type step struct {
	id, title, summary string
	// actor does it, or the message of a type is sent, or the service does it.
	actor, eventType string
	next             []string
}

var flows = []flow{
	{"checkout", "Checkout", "A cart is reserved as a whole, or refused.", []step{
		{id: "customer", title: "Customer checks out", actor: "Customer", next: []string{"reserve"}},
		{id: "reserve", title: "Reserve Inventory", eventType: events.TypeReserve, next: []string{"decide"}},
		{id: "decide", title: "Decide the cart", summary: "With all carts that wait, in one write to the journal.", next: []string{"reserved", "unavailable"}},
		{id: "reserved", title: "Inventory Reserved", eventType: events.TypeReserved},
		{id: "unavailable", title: "Inventory Unavailable", eventType: events.TypeUnavailable},
	}},
	{"order-cancelled", "Order cancelled", "What a cart holds goes back on sale.", []step{
		{id: "customer", title: "Customer cancels the order", actor: "Customer", next: []string{"release"}},
		{id: "release", title: "Release Inventory", eventType: events.TypeRelease, next: []string{"give-back"}},
		{id: "give-back", title: "Give the units back", summary: "Those that were shipped stay shipped.", next: []string{"released"}},
		{id: "released", title: "Inventory Released", eventType: events.TypeReleased},
	}},
	{"ship", "Ship", "Units leave the stock for good.", []step{
		{id: "warehouse", title: "Warehouse ships", actor: "Warehouse", next: []string{"consume"}},
		{id: "consume", title: "Consume Inventory", eventType: events.TypeConsume, next: []string{"take-out"}},
		{id: "take-out", title: "Take the units out of stock", summary: "Everything that is left, or the part that the message names.", next: []string{"consumed"}},
		{id: "consumed", title: "Inventory Consumed", eventType: events.TypeConsumed},
	}},
	{"expire", "Hold runs out", "Nobody paid in time: the units go back on sale.", []step{
		{id: "time", title: "The hold has run out", actor: "Time", next: []string{"check"}},
		{id: "check", title: "Look for a shipment", summary: "A shipment that was declared in time beats the expiry.", next: []string{"released"}},
		{id: "released", title: "Inventory Released", eventType: events.TypeReleased, next: []string{"back"}},
		{id: "back", title: "Stock Back", summary: "Where nothing could be reserved before.", eventType: events.TypeStockBack},
	}},
}

func flowPointers() (all []front) {
	for _, f := range flows {
		all = append(all, pointer(f.id, "1.0.0"))
	}
	return all
}

func addFlows(p pages, _ bool) error {
	for _, f := range flows {
		var steps []front
		for _, s := range f.steps {
			steps = append(steps, s.front())
		}
		if err := p.add(serviceFolder+"/flows/"+f.id+"/index.mdx", front{
			"id": f.id, "name": f.name, "version": "1.0.0", "summary": f.summary, "owners": []string{owner}, "steps": steps,
		}, f.summary+"\n\n<NodeGraph />"); err != nil {
			return err
		}
	}
	return nil
}

func (s step) front() front {
	head := front{"id": s.id, "title": s.title}
	if s.summary != "" {
		head["summary"] = s.summary
	}
	switch m, ok := contract.MessageOf(s.eventType); {
	case s.actor != "":
		head["actor"] = front{"name": s.actor}
	case ok:
		head["message"] = pointer(m.ID, events.SchemaVersion(m.Type))
	default:
		head["service"] = pointer(serviceID, events.Version1_1)
	}
	switch {
	case len(s.next) == 1:
		head["next_step"] = s.next[0]
	case len(s.next) > 1:
		head["next_steps"] = s.next
	}
	return head
}
