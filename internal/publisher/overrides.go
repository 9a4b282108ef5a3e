package publisher

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
)

// Overrides are extensions that are set on every event to the sink, over those that it has.
type Overrides map[string]string

// attributes are those of CloudEvents 1.0, which are no extensions.
var attributes = []string{"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "data"}

// ParseOverrides reads what a SinkBinding sets as K_CE_OVERRIDES: {"extensions":{"name":"value"}},
// or nothing.
func ParseOverrides(text string) (Overrides, error) {
	var said struct {
		Extensions Overrides `json:"extensions"`
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&said); err != nil {
		return nil, fmt.Errorf(`%w: give JSON like {"extensions":{"name":"value"}}`, err)
	}
	if decoder.More() {
		return nil, errors.New(`something follows the JSON: give one object like {"extensions":{"name":"value"}}`)
	}
	for name := range said.Extensions {
		if !extensionName(name) {
			return nil, fmt.Errorf("%q is no name of an extension: give small letters and digits, and no attribute of CloudEvents", name)
		}
	}
	return said.Extensions, nil
}

func extensionName(name string) bool {
	odd := func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') }
	return name != "" && !strings.ContainsFunc(name, odd) && !slices.Contains(attributes, name)
}

// set returns the event with the overrides.
func (o Overrides) set(e event.Event) event.Event {
	if len(o) == 0 {
		return e
	}
	e = e.Clone()
	for name, value := range o {
		e.SetExtension(name, value)
	}
	return e
}
