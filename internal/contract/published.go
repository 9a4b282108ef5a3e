package contract

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// SchemaBase is what the $id of every schema begins with. The rest is its path.
const SchemaBase = "https://inventory.acme.com/schemas/"

// Published is one JSON Schema as it is served.
type Published struct {
	// Path is where it is below /schemas/, such as v1.1/reserve.json, and ID its $id.
	Path string `json:"path"`
	ID   string `json:"id"`
	// Title is its title, and Type and Version are those of the message whose payload it describes,
	// empty for what is none.
	Title   string `json:"title"`
	Type    string `json:"type,omitempty"`
	Version string `json:"version,omitempty"`
	// Text is the schema.
	Text []byte `json:"-"`
}

// Schemas are all that are published, by path, where such ids are taken.
func Schemas(ids v1.IDs) []Published {
	var all []Published
	add := func(p Published) {
		var head struct {
			ID    string `json:"$id"`
			Title string `json:"title"`
		}
		if err := json.Unmarshal(p.Text, &head); err != nil {
			panic("contract: " + p.Path + ": " + err.Error()) // it is part of this program
		}
		p.ID, p.Title = head.ID, head.Title
		all = append(all, p)
	}
	for _, m := range messages {
		for _, version := range events.Versions() {
			if text, ok := events.SchemaOf(m.Type, version, ids); ok {
				add(Published{Path: events.SchemaPath(m.Type, version), Type: m.Type, Version: version, Text: text})
			}
		}
	}
	for _, file := range plainSchemas {
		add(Published{Path: "v1.1/" + file, Text: plainSchema(file, ids)})
	}
	slices.SortFunc(all, func(a, b Published) int { return strings.Compare(a.Path, b.Path) })
	return all
}
