package openapi

import (
	"strings"

	"github.com/acme/inventory-service/internal/contract"
)

// response is what a route answers with a status.
func (d *document) response(route contract.Route, status int) object {
	var when []string
	var schemas []any
	content := object{}
	for _, answer := range route.Answers {
		if answer.Status != status {
			continue
		}
		when = append(when, answer.When)
		switch answer.Body.Name {
		case "":
		case contract.Text:
			content["text/plain"] = object{"schema": object{"type": "string"}}
		case contract.Document:
			content[typeJSON] = object{"schema": object{"type": "object"}}
		case "CloudEvent":
			event := d.reference(answer.Body)
			content[typeEvent] = object{"schema": event, "examples": messageExamples(func(m contract.Message) bool { return m.Nature == contract.Answer || m.Nature == contract.Event })}
			content[typeBatch] = object{"schema": object{"type": "array", "items": event}}
		default:
			schemas = append(schemas, d.reference(answer.Body))
		}
	}
	if len(schemas) > 0 {
		schema := schemas[0]
		if len(schemas) > 1 {
			schema = object{"anyOf": schemas}
		}
		content[typeJSON] = object{"schema": schema, "examples": d.examples(route, status)}
	}
	failures := route.FailuresOf(status)
	for _, f := range failures {
		when = append(when, "`"+f.Slug+"`: "+strings.ReplaceAll(f.When, "](../", "](https://github.com/acme/inventory-service/blob/main/docs/"))
	}
	if len(failures) > 0 {
		content[typeProblem] = object{"schema": object{"$ref": "#/components/schemas/" + contract.Problem}, "examples": d.examples(route, status)}
	}
	response := object{"description": strings.Join(when, "\n\n")}
	if len(content) > 0 {
		response["content"] = content
	}
	if headers := headersOf(route, status); len(headers) > 0 {
		response["headers"] = headers
	}
	return response
}

// headersOf are the headers of an answer that a caller may want to read.
func headersOf(route contract.Route, status int) object {
	text := func(description string) object {
		return object{"description": description, "schema": object{"type": "string"}}
	}
	headers := object{}
	switch {
	case status == 429 || status == 503:
		headers["Retry-After"] = object{"description": "In how many seconds to come again.", "schema": object{"type": "integer", "minimum": 0}}
	case status == 401 || status == 403:
		headers["WWW-Authenticate"] = text("What is missing, as RFC 6750 says it.")
	case status == 201 || status == 202 && !route.ByEvent():
		headers["Location"] = text("Where to ask what became of it.")
	case route.ID == contract.RouteHandshake:
		headers["Allow"] = text("The methods that are served here.")
		headers["WebHook-Allowed-Origin"], headers["WebHook-Allowed-Rate"] = text("Who may send."), text("How much a minute: `*`.")
	}
	if status < 400 && route.Tagged() {
		headers["ETag"] = text("The digest of what is answered.")
	}
	if status < 400 && !route.Public {
		headers["Inventory-Position"] = text("Up to where in the journal the answer includes what was decided.")
	}
	return headers
}

// cloudEvent is a CloudEvent in structured mode. Its data follow the schema of its type.
func (d *document) cloudEvent() object {
	var types, data []any
	for _, m := range contract.Messages() {
		types = append(types, m.Type)
		data = append(data, object{
			"if":   object{"properties": object{"type": object{"const": m.Type}}, "required": []any{"type"}},
			"then": object{"properties": object{"data": d.reference(contract.PayloadOf(m))}},
		})
	}
	text := func(description string) object {
		return object{"type": "string", "minLength": 1, "description": description}
	}
	return object{
		"title": "CloudEvent", "description": "A CloudEvent 1.0 in the JSON format. Extensions stand beside the attributes.",
		"type": "object", "required": []any{"specversion", "id", "source", "type"},
		"properties": object{
			"specversion": object{"const": "1.0"}, "id": text("Tells the event from all others of its source."), "source": text("Who says it."),
			"type": object{"type": "string", "description": "What it is.", "examples": types}, "subject": text("What it is about."),
			"time": object{"type": "string", "format": "date-time"}, "datacontenttype": object{"type": "string"},
			"dataschema": object{"type": "string", "format": "uri", "description": "The JSON Schema of the data."}, "data": object{},
			"causationid": text("The id of the command that an outcome is about."), "causationsource": text("Its source."),
			"partitionkey": text("Which events belong together: the cart, or the product."),
		},
		"allOf": data,
	}
}
