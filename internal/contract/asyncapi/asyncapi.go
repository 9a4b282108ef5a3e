// Package asyncapi writes the messages of the service as AsyncAPI 3.0 describes them, from what
// package contract declares.
package asyncapi

import (
	"encoding/json"
	"fmt"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/contract"
)

// object is one of JSON.
type object = map[string]any

// The channels: where the service takes messages, and where it sends them.
const (
	bridge = "bridge"
	sink   = "sink"
)

// Document is the AsyncAPI document of a service that takes such ids.
func Document(ids v1.IDs) ([]byte, error) {
	messages, taken, sent, operations := object{}, object{}, object{}, object{}
	for _, m := range contract.Messages() {
		message, err := messageOf(m, ids)
		if err != nil {
			return nil, err
		}
		messages[m.ID] = message
		taken[m.ID] = object{"$ref": "#/components/messages/" + m.ID} // answers come back by the same connection
		switch m.Nature {
		case contract.Command, contract.Query:
			operations[m.ID] = receiving(m)
		case contract.Event:
			sent[m.ID] = object{"$ref": "#/components/messages/" + m.ID}
			operations["send-"+m.ID] = sending(m)
		}
	}
	return json.MarshalIndent(object{
		"asyncapi": "3.0.0",
		"id":       "urn:acme:inventory",
		"info": object{
			"title": "Inventory Service", "version": events.Version1_1,
			"description": "Commands, queries and events of the Inventory Service: CloudEvents 1.0 over HTTP, in binary or structured mode. " +
				"Delivery is at least once; drop duplicates by `source` and `id`.",
			"license": object{"name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
			"contact": object{"name": "Fulfilment platform", "url": "https://inventory.acme.com"},
			"tags":    []any{object{"name": "inventory", "description": "Stock and its reservations."}},
		},
		"defaultContentType": "application/json",
		"servers": object{bridge: object{
			"host": "inventory-bridge.inventory-system.svc", "protocol": "http", "description": "The bridge, as config/default installs it.",
			"security": []any{object{"$ref": "#/components/securitySchemes/token"}},
		}},
		"channels": object{
			bridge: object{
				"address": "/", "title": "The bridge", "messages": taken, "servers": []any{object{"$ref": "#/servers/" + bridge}},
				"description": "Takes commands and queries by POST, and answers in the response. A Knative Trigger or any other sender delivers here.",
				"bindings":    object{"http": object{"bindingVersion": "0.3.0"}},
			},
			sink: object{
				"address": nil, "title": "The sink", "messages": sent,
				"description": "Where the operator sends events: `--sink`, or the one that the annotation `inventory.acme.com/sink` of a Namespace names, such as a Knative Broker.",
			},
		},
		"operations": operations,
		"components": object{
			"messages": messages,
			"messageTraits": object{"cloudevent": object{
				"headers": headers, "contentType": "application/json",
				"bindings": object{"http": object{"bindingVersion": "0.3.0"}},
			}},
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": "A token of the Kubernetes API server for the audience `inventory-bridge`."}},
		},
	}, "", "  ")
}

// headers are the attributes that every event has.
var headers = object{
	"type": "object", "required": []any{"ce-specversion", "ce-id", "ce-source", "ce-type"},
	"properties": object{
		"ce-specversion":     object{"type": "string", "const": "1.0"},
		"ce-id":              object{"type": "string", "minLength": 1, "description": "Tells the event from all others of its source."},
		"ce-source":          object{"type": "string", "minLength": 1, "description": "Who says it."},
		"ce-type":            object{"type": "string", "minLength": 1, "description": "What it is."},
		"ce-subject":         object{"type": "string", "minLength": 1, "description": "What it is about."},
		"ce-time":            object{"type": "string", "format": "date-time", "description": "When it happened."},
		"ce-dataschema":      object{"type": "string", "format": "uri", "description": "The JSON Schema of the data."},
		"ce-causationid":     object{"type": "string", "description": "Of an outcome: the id of the command that it is about."},
		"ce-causationsource": object{"type": "string", "description": "Of an outcome: the source of the command that it is about."},
		"ce-partitionkey":    object{"type": "string", "description": "Which events belong together: the cart, or the product."},
	},
}

func messageOf(m contract.Message, ids v1.IDs) (object, error) {
	schema, ok := contract.PayloadOf(m).Schema(ids)
	if !ok {
		return nil, fmt.Errorf("message %s has no schema", m.Type)
	}
	message := object{
		"name": m.Type, "title": m.Title, "summary": m.Summary, "contentType": "application/json",
		"payload": object{"schemaFormat": "application/schema+json;version=draft-07", "schema": schema},
		"traits":  []any{object{"$ref": "#/components/messageTraits/cloudevent"}}, "tags": []any{object{"name": string(m.Nature)}},
		"x-schema-version": events.SchemaVersion(m.Type),
	}
	if text, ok := m.Example(); ok {
		var event struct {
			Data json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(text, &event); err != nil {
			return nil, fmt.Errorf("example of %s: %w", m.ID, err)
		}
		message["examples"] = []any{object{"name": m.ID, "summary": m.Summary, "payload": event.Data}}
	}
	return message, nil
}

func receiving(m contract.Message) object {
	var answers []any
	for _, eventType := range append(m.Answers, events.TypeFailed) {
		answer, _ := contract.MessageOf(eventType)
		answers = append(answers, object{"$ref": "#/channels/" + bridge + "/messages/" + answer.ID})
	}
	return object{
		"action": "receive", "title": m.Title, "summary": m.Summary, "channel": object{"$ref": "#/channels/" + bridge},
		"messages": []any{object{"$ref": "#/channels/" + bridge + "/messages/" + m.ID}},
		"bindings": object{"http": object{"method": "POST", "bindingVersion": "0.3.0"}},
		"reply":    object{"channel": object{"$ref": "#/channels/" + bridge}, "messages": answers},
	}
}

func sending(m contract.Message) object {
	summary := m.Summary
	if m.Flag != "" {
		summary += " Sent with `--" + m.Flag + "`."
	}
	return object{
		"action": "send", "title": m.Title, "summary": summary, "channel": object{"$ref": "#/channels/" + sink},
		"messages": []any{object{"$ref": "#/channels/" + sink + "/messages/" + m.ID}},
		"bindings": object{"http": object{"method": "POST", "bindingVersion": "0.3.0"}},
	}
}
