package openapi

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/contract"
)

// object is one of JSON.
type object = map[string]any

const (
	typeJSON    = "application/json"
	typeProblem = "application/problem+json"
	typeEvent   = "application/cloudevents+json"
	typeBatch   = "application/cloudevents-batch+json"
)

// Document is the OpenAPI document of a bridge that takes such ids.
func Document(ids v1.IDs) ([]byte, error) {
	d := &document{ids: ids, schemas: object{}, exchanges: contract.Exchanges()}
	d.schemas[contract.Problem], _ = schemaOf(contract.Body{Name: contract.Problem}, ids)
	d.schemas["CloudEvent"] = d.cloudEvent()
	paths, tags := d.paths(), []any{}
	for _, o := range contract.Operations() {
		if o.Name != contract.OperationUnknown && o.Name != contract.OperationBatch {
			tags = append(tags, object{"name": o.Name, "x-displayName": o.Title, "description": o.Summary})
		}
	}
	return json.MarshalIndent(object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Inventory Service", "version": events.Version1_1,
			"summary": "Reserves whole carts, all items or none, and never promises a unit twice.",
			"description": "The bridge for CloudEvents and plain HTTP. Paths without a namespace mean the default one. " +
				"Errors are problem documents (RFC 9457); 503 and 429 come with `Retry-After`, and repeating the request unchanged is always safe.",
			"license": object{"name": "Apache 2.0", "identifier": "Apache-2.0"},
			"contact": object{"name": "Fulfilment platform", "url": "https://inventory.acme.com"},
		},
		"servers":           []any{object{"url": "/", "description": "The bridge that serves this document."}},
		"security":          []any{object{"token": []any{}}, object{}},
		"tags":              append(tags, object{"name": "events", "x-displayName": "CloudEvents", "description": "Commands and queries as CloudEvents."}),
		"paths":             paths,
		"components":        object{"schemas": d.schemas, "securitySchemes": object{"token": tokenScheme}},
		"jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
	}, "", "  ")
}

var tokenScheme = object{
	"type": "http", "scheme": "bearer",
	"description": "A token of the Kubernetes API server for the audience `inventory-bridge`, and RBAC in the namespace. " +
		"None is needed where the operator runs with `--authentication=none`, and for documents and health.",
}

type document struct {
	ids       v1.IDs
	schemas   object
	exchanges []contract.Exchange
}

func (d *document) paths() object {
	paths := object{}
	for _, route := range contract.Routes() {
		for i, path := range route.Paths() {
			path = strings.TrimSuffix(path, "{$}")
			if path != "/" && route.ByEvent() || route.ID == contract.RouteHandshake {
				path = "/" + strings.Trim(path, "/")
			}
			item, ok := paths[path].(object)
			if !ok {
				item = object{}
				paths[path] = item
			}
			item[strings.ToLower(route.Method)] = d.operation(route, i > 0)
		}
	}
	return paths
}

func (d *document) operation(route contract.Route, inNamespace bool) object {
	id, tag := route.ID, route.Operation
	if inNamespace {
		id += "-in-namespace"
	}
	if route.ByEvent() {
		tag = "events"
	}
	operation := object{
		"operationId": id, "summary": strings.TrimSuffix(route.Summary, "."), "description": description(route),
		"tags": []any{tag}, "responses": d.responses(route),
	}
	if parameters := d.parameters(route, inNamespace); len(parameters) > 0 {
		operation["parameters"] = parameters
	}
	if route.Body.Name != "" {
		operation["requestBody"] = d.requestBody(route)
	}
	if route.Public {
		operation["security"] = []any{object{}}
	}
	return operation
}

func description(route contract.Route) string {
	text := route.Summary
	right, ok := contract.RightOf(route.Operation)
	switch {
	case route.Public:
		text += " Nobody is asked who they are."
	case ok:
		text += " Takes the right to `" + right.Verb + "` " + right.Resource + " in the namespace."
	default:
		text += " Takes, of each event, the right of its operation."
	}
	return text
}

func (d *document) parameters(route contract.Route, inNamespace bool) []any {
	var all []any
	for segment := range strings.SplitSeq(route.Path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok && name != "$}" {
			name = strings.TrimSuffix(name, "}")
			all = append(all, object{
				"name": name, "in": "path", "required": true, "description": pathParameters[name].summary,
				"schema": object{"type": "string"}, "example": pathParameters[name].example,
			})
		}
	}
	if inNamespace {
		all = append(all, object{
			"name": "namespace", "in": "path", "required": true, "description": "The namespace of the stock.",
			"schema": object{"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}, "example": "shop",
		})
	}
	for _, q := range route.Query {
		all = append(all, d.parameter(q, "query"))
	}
	for _, h := range route.Headers {
		all = append(all, d.parameter(h, "header"))
	}
	return all
}

var pathParameters = map[string]struct{ summary, example string }{
	"reservation": {"The reservation: its reservationId, or the uid or the name of its object.", "4f73cf9a-9cce-53fb-b10c-2754fe20b8c0"},
	"order":       {"The order.", "c56a4180-65aa-42ec-a945-5fd21dec0538"},
	"product":     {"The product.", "4465ca67-98d0-4514-baf8-1f97a0af0c27"},
	"version":     {"The version of the contract.", "v1.1"},
	"file":        {"The name of the schema.", "reserve.json"},
}

func (d *document) parameter(p contract.Parameter, in string) object {
	schema := object{"type": "string"}
	if len(p.Values) > 0 {
		schema["enum"] = p.Values
	}
	if p.Format != "" && (p.Format != "uuid" || d.ids == v1.UUIDs) {
		schema["format"] = p.Format
	}
	if p.Many {
		schema = object{"type": "array", "items": schema, "minItems": 1, "maxItems": v1.MaxItems}
	}
	parameter := object{"name": p.Name, "in": in, "description": p.Summary, "schema": schema, "required": p.Required}
	if p.Example != "" && p.Many {
		parameter["example"] = []any{p.Example}
	} else if p.Example != "" {
		parameter["example"] = p.Example
	}
	return parameter
}

// reference names a body's schema, and has the document have it.
func (d *document) reference(body contract.Body) object {
	if _, ok := d.schemas[body.Name]; !ok {
		schema, known := schemaOf(body, d.ids)
		if !known {
			return object{}
		}
		d.schemas[body.Name] = schema
	}
	return object{"$ref": "#/components/schemas/" + body.Name}
}

// schemaOf is a body's schema as a part of the document: its dialect and its place are the document's.
func schemaOf(body contract.Body, ids v1.IDs) (object, bool) {
	schema, ok := body.Schema(ids)
	if !ok {
		return nil, false
	}
	schema = maps.Clone(schema)
	delete(schema, "$schema")
	delete(schema, "$id")
	plainUUIDs(schema)
	return schema, true
}

// plainUUIDs leaves of the texts that are UUIDs the format alone. What else is said of them bounds ids
// that are none, by classes of characters that many tools of OpenAPI cannot read.
func plainUUIDs(part any) {
	switch part := part.(type) {
	case object:
		if part["format"] == "uuid" {
			for _, bound := range []string{"pattern", "minLength", "maxLength"} {
				delete(part, bound)
			}
		}
		for _, inner := range part {
			plainUUIDs(inner)
		}
	case []any:
		for _, inner := range part {
			plainUUIDs(inner)
		}
	}
}

func (d *document) requestBody(route contract.Route) object {
	if route.Body.Event {
		event := d.reference(route.Body)
		return object{
			"required": true, "description": "A CloudEvent, or with " + typeBatch + " an array of them. In binary mode the body is the data, and `ce-*` headers are the attributes.",
			"content": object{
				typeEvent: object{"schema": event, "examples": messageExamples(contract.Message.Taken)},
				typeBatch: object{"schema": object{"type": "array", "maxItems": 100, "items": event}},
				typeJSON:  object{"schema": object{"description": "The data of an event in binary mode."}},
			},
		}
	}
	return object{
		"required": !route.OptionalBody,
		"content":  object{typeJSON: object{"schema": d.reference(route.Body), "examples": d.examples(route, 0)}},
	}
}

// examples are those of a route's answers of a status, or of its requests where it is 0.
func (d *document) examples(route contract.Route, status int) object {
	all := object{}
	for _, e := range d.exchanges {
		switch {
		case e.Route != route.ID:
		case status == 0 && e.Body != nil && e.Status != contract.Invalid.Plain:
			all[e.Name] = object{"value": e.Body}
		case status != 0 && e.Status == status && e.Answer != nil:
			all[e.Name] = object{"value": e.Answer}
		}
	}
	return all
}

func messageExamples(of func(contract.Message) bool) object {
	all := object{}
	for _, m := range contract.Messages() {
		if example, ok := m.Example(); ok && of(m) {
			all[m.ID] = object{"summary": m.Title, "value": example}
		}
	}
	return all
}

func (d *document) responses(route contract.Route) object {
	responses := object{}
	for _, status := range route.Statuses() {
		responses[strconv.Itoa(status)] = d.response(route, status)
	}
	return responses
}
