package events

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// config/knative has an EventType for every type of event that a broker can carry.
func TestEventTypesOfKnative(t *testing.T) {
	text, err := os.ReadFile("../../config/knative/base/event_types.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	for _, name := range regexp.MustCompile(`(?m)^  name: (com\.acme\..*)$`).FindAllSubmatch(text, -1) {
		declared = append(declared, string(name[1]))
	}
	var all []string
	for eventType := range schemaFile {
		if eventType != TypeFailed { // of batches alone
			all = append(all, eventType)
		}
	}
	slices.Sort(declared)
	slices.Sort(all)
	if !slices.Equal(declared, all) {
		t.Errorf("config/knative/base/event_types.yaml declares\n%v\nwant\n%v", declared, all)
	}
}
