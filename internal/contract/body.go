package contract

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// Body is what a request or an answer has in it.
type Body struct {
	// Name is that of its schema, in upper camel case. Empty: there is no body.
	Name string
	// Type is the event type whose payload it is, where it is one, and Without are the members
	// that it lacks, since the path names what they name.
	Type    string
	Without []string
	// Event says that it is a CloudEvent.
	Event bool
}

// The names of bodies that are no payloads.
const (
	Reservation = "Reservation"
	Problem     = "Problem"
	// Document is any JSON, Text no JSON.
	Document = "Document"
	Text     = "Text"
)

//go:embed schemas
var schemaFiles embed.FS

// plainSchemas are the files of those that are the bridge's own.
var plainSchemas = map[string]string{Reservation: "reservation.json", Problem: "problem.json"}

// payload is the payload of a message, named as its title is.
func payload(eventType string) Body {
	m, ok := MessageOf(eventType)
	if !ok {
		panic("contract: there is no message " + eventType)
	}
	return Body{Name: strings.ReplaceAll(titleCase(m.Title), " ", ""), Type: eventType}
}

func titleCase(title string) string {
	words := strings.Fields(title)
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, " ")
}

// part is a payload without what the path names.
func part(name, eventType string, without ...string) Body {
	return Body{Name: name, Type: eventType, Without: without}
}

// PayloadOf is the body that is the payload of a message.
func PayloadOf(m Message) Body { return payload(m.Type) }

// Schema is the body's JSON Schema (draft-07), where such ids are taken; false where it has none.
func (b Body) Schema(ids v1.IDs) (map[string]any, bool) {
	var text []byte
	var ok bool
	if b.Type != "" {
		text, ok = events.Schema(b.Type, ids)
	} else if file := plainSchemas[b.Name]; file != "" {
		text, ok = plainSchema(file, ids), true
	}
	if !ok {
		return nil, false
	}
	schema := map[string]any{}
	if err := json.Unmarshal(text, &schema); err != nil {
		panic(fmt.Sprintf("contract: the schema of %s: %v", b.Name, err)) // it is part of this program
	}
	if len(b.Without) > 0 {
		drop(schema, b.Without)
	}
	return schema, true
}

func plainSchema(file string, ids v1.IDs) []byte {
	text, err := schemaFiles.ReadFile("schemas/" + file)
	if err == nil {
		text, err = events.ForIDs(text, ids)
	}
	if err != nil {
		panic("contract: " + err.Error())
	}
	return text
}

// drop takes members out of the schema of an object, and alternatives that are about them alone.
func drop(schema map[string]any, names []string) {
	properties, _ := schema["properties"].(map[string]any)
	for _, name := range names {
		delete(properties, name)
	}
	// The path names what is dropped, so the message is no longer the one of the $id.
	delete(schema, "$id")
	delete(schema, "title")
	if required := withoutNames(schema["required"], names); len(required) > 0 {
		schema["required"] = required
	} else {
		delete(schema, "required")
	}
	if about(schema["not"], names) {
		delete(schema, "not")
	}
	alternatives, _ := schema["oneOf"].([]any)
	if slices.ContainsFunc(alternatives, func(a any) bool { return about(a, names) }) {
		delete(schema, "oneOf")
	}
}

// about tells whether a condition asks for one of the members.
func about(condition any, names []string) bool {
	object, _ := condition.(map[string]any)
	required, _ := object["required"].([]any)
	return len(withoutNames(object["required"], names)) < len(required)
}

func withoutNames(required any, names []string) []any {
	list, _ := required.([]any)
	return slices.DeleteFunc(slices.Clone(list), func(name any) bool { return slices.Contains(names, name.(string)) })
}
