package catalog

import (
	"fmt"
	"strings"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/contract"
)

// language are the words of the domain.
var language = [][3]string{
	{"on-hand", "On hand", "Units that are in a location: received, and not shipped yet."},
	{"reserved", "Reserved", "Units that are promised to carts and not shipped yet."},
	{"available", "Available", "Units that can be reserved: on hand, less reserved and safety stock."},
	{"cart", "Cart", "What a customer wants to buy: products and quantities. It is reserved as a whole or not at all."},
	{"reservation", "Reservation", "A cart and what was decided about it. It is held, then released or consumed."},
	{"hold", "Hold", "The time during which a reservation keeps its units. It ends by itself."},
	{"release", "Release", "Units of a reservation go back on sale."},
	{"consume", "Consume", "Units of a reservation are shipped, and leave the stock for good."},
	{"outcome", "Outcome", "What was decided about a cart: reserved or unavailable. It never changes."},
	{"journal", "Journal", "What was decided, in order. It is the truth; statuses and the archive are derived from it."},
	{"sink", "Sink", "Where outcomes are sent as CloudEvents."},
	{"shortfall", "Shortfall", "Units that are promised and not there any more, since somebody lowered what was received."},
}

func addDomain(p pages, standalone bool) error {
	head := front{
		"id": domainID, "name": "Inventory", "version": events.Version1_1, "owners": []string{owner},
		"summary":  "How much of each product there is, and to whom it is promised.",
		"services": []front{pointer(serviceID, events.Version1_1)},
		"entities": []front{pointer("StockItem", events.Version1_1), pointer("InventoryReservation", events.Version1_1)},
		"flows":    flowPointers(),
	}
	const body = "Stock by product and location, the carts that it is promised to, and what became of them. One service, the system of record.\n\n" +
		"<NodeGraph />\n\n## Entities\n\n<EntityMap id=\"" + domainID + "\" />"
	if err := p.add(domainFolder+"/index.mdx", head, body); err != nil {
		return err
	}
	var words []front
	for _, word := range language {
		words = append(words, front{"id": word[0], "name": word[1], "summary": word[2]})
	}
	if err := p.add(domainFolder+"/ubiquitous-language.mdx", front{"dictionary": words}, ""); err != nil {
		return err
	}
	if err := p.add("teams/"+owner+".mdx", front{"id": owner, "name": "Fulfilment platform", "summary": "Owns stock and its reservations."}, "Runs the Inventory Service."); err != nil || !standalone {
		return err
	}
	return p.add("teams/"+customer+".mdx", front{"id": customer, "name": "Ordering platform", "summary": "Owns carts and orders."}, "Sends the carts that are reserved.")
}

func addContainer(p pages, _ bool) error {
	const folder = serviceFolder + "/containers/" + containerID
	var text strings.Builder
	text.WriteString("A copy of what was decided, in PostgreSQL, for reports and for as long as books are kept. It is written from the journal, in the\n" +
		"journal's order, with the position up to which it has come. Nothing is decided from it: it can be thrown away and written again\n" +
		"as far back as the journal remembers.\n\n<NodeGraph />\n")
	for _, table := range contract.Tables() {
		fmt.Fprintf(&text, "\n## %s\n\n%s\n\n| column | type | what |\n| --- | --- | --- |\n", table.Name, table.Summary)
		for _, column := range table.Columns {
			fmt.Fprintf(&text, "| `%s` | %s | %s |\n", column.Name, column.Type, column.Summary)
		}
	}
	head := front{
		"id": containerID, "name": "Inventory Database", "version": "1.0.0", "owners": []string{owner},
		"summary": "What was decided, for reports. The journal in the Kubernetes API is authoritative, not this.", "container_type": "database",
		"technology": "postgres@16", "authoritative": false, "access_mode": "readWrite", "classification": "internal", "retention": "3y", "residency": "eu-west-1",
	}
	if err := p.add(folder+"/index.mdx", head, strings.TrimSpace(text.String())); err != nil {
		return err
	}
	return p.add(domainFolder+"/adrs/the-journal-is-authoritative/index.mdx", front{
		"id": "the-journal-is-authoritative", "name": "The journal is authoritative, not the database", "version": "1.0.0", "status": "accepted", "date": "2026-11-30",
		"owners": []string{owner}, "summary": "What was decided stands in a journal in the Kubernetes API. The database is written from it.",
		"appliesTo": []front{
			{"id": containerID, "version": "1.0.0", "type": "container"}, {"id": serviceID, "version": events.Version1_1, "type": "service"},
		},
	}, decision)
}

const decision = `## Context

Stock is declared in Kubernetes, and carts are decided by an operator. A database beside it would be a second place that has to be
there, backed up and agreed with before anybody is told anything.

## Decision

Carts are decided against a journal of pages in the Kubernetes API: all that wait in one write over the version before. An answer
is given once that write has landed. The database is a copy that follows the journal.

## Consequences

- Nothing is sold twice and nothing told is lost, whether the database is there or not.
- The database lags by moments, and by as long as it was away. Whoever needs the newest figure asks the bridge.
- The journal remembers finished carts for a day by default; the database keeps them for years.
- Restoring the database needs no agreement with anything: it goes on from the position that it has.`
