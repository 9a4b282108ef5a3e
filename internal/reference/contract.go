package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/contract"
)

func http() string {
	var text strings.Builder
	text.WriteString("# HTTP\n\nPaths that are marked with ⓝ exist below `" + contract.NamespacePrefix + "`, too; without it they mean the default namespace. " +
		"Other methods of these paths are answered 405, and `Allow` names those that there are. [Errors](errors.md) says what each kind means, and [bridge](../bridge.md) how strictly requests are read.\n\n")
	var rows [][]string
	for _, r := range contract.Routes() {
		rows = append(rows, []string{fmt.Sprintf("[`%s %s`](#%s)", r.Method, shown(r), r.ID), strings.TrimSuffix(r.Summary, ".")})
	}
	text.WriteString(table([]string{"route", "what"}, rows))
	for _, r := range contract.Routes() {
		text.WriteString(route(r))
	}
	return text.String()
}

// shown is a route's path as people write it.
func shown(r contract.Route) string { return strings.TrimSuffix(r.Path, "{$}") }

func route(r contract.Route) string {
	var text strings.Builder
	mark := ""
	if r.Namespaced {
		mark = " ⓝ"
	}
	fmt.Fprintf(&text, "## %s\n\n`%s %s`%s\n\n%s\n\n", r.ID, r.Method, shown(r), mark, r.Summary)
	right, ok := contract.RightOf(r.Operation)
	switch {
	case ok:
		fmt.Fprintf(&text, "Operation `%s`; takes the right to `%s` %s.\n\n", r.Operation, right.Verb, right.Resource)
	case r.Public:
		fmt.Fprintf(&text, "Operation `%s`; nobody is asked who they are.\n\n", r.Operation)
	default:
		text.WriteString("The operation is that of the message; takes the right of it.\n\n")
	}
	var rows [][]string
	for _, p := range r.Query {
		rows = append(rows, []string{code(p.Name), "query", parameterText(p)})
	}
	for _, p := range r.Headers {
		rows = append(rows, []string{code(p.Name), "header", parameterText(p)})
	}
	if len(rows) > 0 {
		text.WriteString(table([]string{"parameter", "in", "what"}, rows))
	}
	if r.Body.Name != "" {
		optional := ""
		if r.OptionalBody {
			optional = ", which may be left out"
		}
		fmt.Fprintf(&text, "Body: %s%s.\n\n", bodyText(r.Body), optional)
	}
	rows = nil
	for _, a := range r.Answers {
		rows = append(rows, []string{strconv.Itoa(a.Status), bodyText(a.Body), a.When})
	}
	for _, status := range r.Statuses() {
		var slugs []string
		for _, f := range r.FailuresOf(status) {
			slugs = append(slugs, fmt.Sprintf("[`%s`](errors.md#%s)", f.Slug, f.Slug))
		}
		if len(slugs) > 0 {
			rows = append(rows, []string{strconv.Itoa(status), "problem", strings.Join(slugs, ", ")})
		}
	}
	text.WriteString(table([]string{"status", "body", "when"}, rows))
	for _, e := range contract.Exchanges() {
		if e.Route == r.ID && e.Status < 300 {
			text.WriteString(exchange(e))
			break
		}
	}
	return text.String()
}

func parameterText(p contract.Parameter) string {
	text := p.Summary
	if len(p.Values) > 0 {
		text += " `" + strings.Join(p.Values, "`, `") + "`."
	}
	if p.Required {
		text += " Required."
	}
	return text
}

func bodyText(b contract.Body) string {
	switch {
	case b.Event:
		return "[CloudEvent](messages.md)"
	case b.Type != "":
		m, _ := contract.MessageOf(b.Type)
		text := fmt.Sprintf("[%s](messages.md#%s)", m.Title, m.ID)
		if len(b.Without) > 0 {
			text += " without `" + strings.Join(b.Without, "`, `") + "`"
		}
		return text
	default:
		return b.Name
	}
}

func exchange(e contract.Exchange) string {
	var text strings.Builder
	fmt.Fprintf(&text, "```http\n%s %s\n", e.Method, e.Path)
	for _, name := range slices.Sorted(keys(e.Headers)) {
		fmt.Fprintf(&text, "%s: %s\n", name, e.Headers[name])
	}
	if e.Body != nil {
		fmt.Fprintf(&text, "\n%s\n", compact(e.Body))
	}
	fmt.Fprintf(&text, "```\n\n%d\n", e.Status)
	if e.Answer != nil {
		fmt.Fprintf(&text, "\n```json\n%s\n```\n", compact(e.Answer))
	}
	return text.String() + "\n"
}

func compact(document json.RawMessage) string {
	var text bytes.Buffer
	if err := json.Compact(&text, document); err != nil {
		return string(document)
	}
	return text.String()
}

func failures() string {
	var text strings.Builder
	text.WriteString("# Errors\n\nA failure is told by a problem document (RFC 9457). The last part of `type` is the kind; `title`, `status` and `detail` say it in words, " +
		"`field` and `errors` name what is wrong, and `reservationId` a reservation that may have been decided nevertheless. " +
		"Brokers deliver again on 404, 408, 409, 429 and every 5xx, and give up on all other 4xx: over CloudEvents a message that can never " +
		"succeed is told none of them. 429 and 503 come with `Retry-After`.\n\n")
	var rows [][]string
	for _, f := range contract.Failures() {
		over := ""
		if f.Event != 0 {
			over = strconv.Itoa(f.Event)
		}
		rows = append(rows, []string{fmt.Sprintf("<a id=%q></a>`%s`", f.Slug, f.Slug), strconv.Itoa(f.Plain), over, f.When})
	}
	text.WriteString(table([]string{"kind", "plain HTTP", "CloudEvents", "when"}, rows))
	return text.String()
}

func messages() (string, error) {
	var text strings.Builder
	text.WriteString("# Messages\n\nCloudEvents 1.0. Each payload has a JSON Schema (draft-07) in [api/events/schemas](../../api/events/schemas), which a bridge serves " +
		"at `/schemas/`. Versions only grow: fields are added, and none is changed.\n\n")
	for _, nature := range []contract.Nature{contract.Command, contract.Query, contract.Event, contract.Answer} {
		var rows [][]string
		for _, m := range contract.Messages() {
			if m.Nature == nature {
				rows = append(rows, []string{fmt.Sprintf("[%s](#%s)", m.Title, m.ID), code(m.Type), m.Summary})
			}
		}
		text.WriteString(table([]string{string(nature), "type", "what"}, rows))
	}
	for _, m := range contract.Messages() {
		if err := message(&text, m); err != nil {
			return "", err
		}
	}
	return text.String(), nil
}

func message(text *strings.Builder, m contract.Message) error {
	fmt.Fprintf(text, "## %s\n\n%s `%s`, schema `%s`. %s\n\n", m.ID, titled(string(m.Nature)), m.Type,
		events.SchemaPath(m.Type, events.SchemaVersion(m.Type)), m.Summary)
	if m.Flag != "" {
		fmt.Fprintf(text, "Sent to the sink with [`--%s`](flags.md).\n\n", m.Flag)
	} else if m.Nature == contract.Event {
		text.WriteString("Sent to the sink always, where there is one.\n\n")
	}
	if m.Taken() {
		right, _ := contract.RightOf(m.Operation)
		var answers []string
		for _, answer := range m.Answers {
			a, _ := contract.MessageOf(answer)
			answers = append(answers, fmt.Sprintf("[%s](#%s)", a.Title, a.ID))
		}
		fmt.Fprintf(text, "Operation `%s`; takes the right to `%s` %s. Answered with %s.\n\n", m.Operation, right.Verb, right.Resource, strings.Join(answers, " or "))
	}
	schema, _ := contract.PayloadOf(m).Schema(v1.UUIDs)
	text.WriteString(table([]string{"field", "type", "", "what"}, fields(schema, "")))
	example, ok := m.Example()
	if !ok {
		return fmt.Errorf("message %s has no example", m.ID)
	}
	fmt.Fprintf(text, "```json\n%s\n```\n\n", strings.TrimSpace(string(example)))
	return nil
}

func titled(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
