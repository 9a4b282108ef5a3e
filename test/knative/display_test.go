package knative

import (
	"encoding/json"
	"strings"
	"testing"
)

// shown is an event as Knative's event_display prints it.
type shown struct {
	attributes map[string]string // context attributes and extensions
	data       string
}

// identity is what makes two events the same.
type identity struct{ source, id string }

func (e shown) identity() identity { return identity{e.attributes["source"], e.attributes["id"]} }

func (e shown) decode(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(e.data), into); err != nil {
		t.Fatalf("event %s has data that are no JSON: %v\n%s", e.attributes["id"], err, e.data)
	}
}

// displayed are the events that a Deployment of event_display has printed.
func (s *shop) displayed(deployment string) []shown {
	s.Helper()
	log, err := cluster.node.Log(s.namespace, deployment)
	if err != nil {
		s.Fatal(err)
	}
	var all []shown
	for _, text := range strings.Split(string(log), "☁️  cloudevents.Event\n")[1:] {
		all = append(all, parseShown(text))
	}
	return all
}

// caused are those that a test's commands led to, or that are its commands.
func (s *shop) caused(deployment string) []shown {
	s.Helper()
	var ours []shown
	for _, e := range s.displayed(deployment) {
		if e.attributes["causationsource"] == s.source() || e.attributes["source"] == s.source() {
			ours = append(ours, e)
		}
	}
	return ours
}

func parseShown(text string) shown {
	e := shown{attributes: map[string]string{}}
	head, data, _ := strings.Cut(text, "\nData,\n")
	e.data = data
	for _, line := range strings.Split(head, "\n") {
		if !strings.HasPrefix(line, "  ") {
			continue
		}
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		e.attributes[name] = value
	}
	return e
}
