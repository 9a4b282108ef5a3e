package catalog

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/contract"
)

// collection is the folder of a message's nature.
func collection(m contract.Message) string {
	switch m.Nature {
	case contract.Command:
		return "commands"
	case contract.Query:
		return "queries"
	default:
		return "events"
	}
}

// ours tells whether a message belongs to this service, rather than to who sends it.
func ours(m contract.Message) bool { return m.Type != events.TypeReserve }

func addMessages(p pages, standalone bool) error {
	for _, m := range contract.Messages() {
		if !ours(m) && !standalone {
			continue
		}
		folder := serviceFolder + "/" + collection(m) + "/" + m.ID
		if !ours(m) {
			folder = collection(m) + "/" + m.ID
		}
		newest := events.SchemaVersion(m.Type)
		for _, version := range events.Versions() {
			schema, ok := events.SchemaOf(m.Type, version, v1.UUIDs)
			if !ok {
				continue
			}
			at := folder
			if version != newest {
				at += "/versioned/" + version
			}
			p[at+"/schema.json"] = schema
			if err := p.add(at+"/index.mdx", messageFront(m, version), messageBody(m, version == newest)); err != nil {
				return err
			}
		}
		if newest == events.Version1_1 {
			if err := p.add(folder+"/changelog.mdx", front{"createdAt": "2026-11-30"}, changes(m)); err != nil {
				return err
			}
		}
	}
	return nil
}

func messageFront(m contract.Message, version string) front {
	by := owner
	if !ours(m) {
		by = customer
	}
	head := front{
		"id": m.ID, "name": m.Title, "version": version, "summary": m.Summary, "owners": []string{by}, "schemaPath": "schema.json",
		"badges": []front{{"content": m.Type, "backgroundColor": "blue", "textColor": "blue"}},
	}
	if m.Nature == contract.Answer {
		head["sidebar"] = front{"badge": "ANSWER"}
	}
	if route, ok := routeOf(m); ok {
		var statuses []string
		for _, status := range route.Statuses() {
			statuses = append(statuses, strconv.Itoa(status))
		}
		head["operation"] = front{"method": route.Method, "path": strings.TrimSuffix(route.Path, "{$}"), "statusCodes": statuses}
	}
	return head
}

// routeOf is the route of plain HTTP that asks for the same as a command or a query; the route of
// CloudEvents where none has an address of its own.
func routeOf(m contract.Message) (contract.Route, bool) {
	if !m.Taken() {
		return contract.Route{}, false
	}
	for _, route := range contract.Routes() {
		if route.Operation == m.Operation {
			return route, true
		}
	}
	return contract.RouteOf(contract.RouteEvents)
}

func messageBody(m contract.Message, newest bool) string {
	var text strings.Builder
	fmt.Fprintf(&text, "CloudEvent `%s`. %s\n\n", m.Type, m.Summary)
	switch {
	case m.Flag != "":
		fmt.Fprintf(&text, "Sent to the sink with `--%s`.\n\n", m.Flag)
	case m.Nature == contract.Event:
		text.WriteString("Sent to the sink at least once, always under the same id with the same data: drop duplicates by `source` and `id`.\n\n")
	case m.Nature == contract.Answer:
		text.WriteString("Told to who asked, and to nobody else.\n\n")
	default:
		right, _ := contract.RightOf(m.Operation)
		fmt.Fprintf(&text, "Takes the right to `%s` %s in the namespace of the stock. A repetition under the same `source` and `id` gets the first outcome again.\n\n", right.Verb, right.Resource)
	}
	text.WriteString("<NodeGraph />\n\n<SchemaViewer file=\"schema.json\" title=\"Payload\" />\n")
	if example, ok := m.Example(); ok && newest {
		fmt.Fprintf(&text, "\n## Example\n\n```json\n%s\n```\n", strings.TrimSpace(string(example)))
	}
	return strings.TrimSpace(text.String())
}

// changes are the fields that version 1.1.0 brought.
func changes(m contract.Message) string {
	if m.Since == events.Version1_1 {
		return "New in version 1.1.0 of the contract."
	}
	first, _ := events.SchemaOf(m.Type, events.Version1_0, v1.UUIDs)
	later, _ := events.SchemaOf(m.Type, events.Version1_1, v1.UUIDs)
	added := names(later)
	for name := range names(first) {
		delete(added, name)
	}
	var text strings.Builder
	text.WriteString("Version 1.1.0 adds fields and changes none:\n\n")
	for _, name := range sorted(added) {
		fmt.Fprintf(&text, "- `%s`: %s\n", name, added[name])
	}
	if len(added) == 0 {
		text.WriteString("- what its fields may be, as the schema says.\n")
	}
	return strings.TrimSpace(text.String())
}
