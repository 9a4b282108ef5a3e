package knative

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/acme/inventory-service/api/events"
)

func TestExtensionsComeThrough(t *testing.T) {
	for _, by := range []way{byReply, bySink} {
		t.Run(string(by[len("config/knative/"):]), func(t *testing.T) {
			s := setUp(t, by)
			c := reserve("extended", s.stock(1))
			c.extensions = map[string]string{
				"correlationid": "order-7", "partitionkey": "eu-west", "replyid": "request-9", "tenant": "acme",
				"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
			}
			if err := s.send(s.broker, c); err != nil {
				t.Fatal(err)
			}
			got := s.awaitOutcomes(1)[0].attributes
			want := map[string]string{"causationid": "extended", "causationsource": s.source(), "type": events.TypeReserved}
			for name, value := range c.extensions {
				want[name] = value
			}
			for name, value := range want {
				if got[name] != value && (name != "traceparent" || !sameTrace(got[name], value)) {
					t.Errorf("the outcome has %s=%q, want %q", name, got[name], value)
				}
			}
		})
	}
}

// sameTrace tells whether a span belongs to the trace of another.
func sameTrace(a, b string) bool {
	x, y := strings.Split(a, "-"), strings.Split(b, "-")
	return len(x) == 4 && len(y) == 4 && x[1] == y[1]
}

// awaitOutcomes waits for so many outcomes of the test's commands.
func (s *shop) awaitOutcomes(n int) []shown {
	s.Helper()
	s.await(fmt.Sprintf("%d outcomes", n), func() bool { return len(s.outcomes()) >= n })
	return s.caused("outcomes")
}

// TestWhatCanNeverSucceed is a dead letter at once, with what is wrong.
func TestWhatCanNeverSucceed(t *testing.T) {
	s := setUp(t, byReply)
	product := s.stock(1)
	broken := reserve("broken", product)
	broken.body.(map[string]any)["cartId"] = "no UUID"
	misspelt := reserve("misspelt", product)
	misspelt.kind = "com.acme.inventory.reserv.v1"
	for _, tc := range []struct {
		command          command
		code, kind, says string
	}{
		{broken, "400", "invalid", "cartId"},
		{misspelt, "422", "unknown-event-type", misspelt.kind},
	} {
		if err := s.send(s.broker, tc.command); err != nil {
			t.Fatal(err)
		}
		var letter shown
		s.await("the dead letter of "+tc.command.id, func() bool {
			for _, e := range s.caused("dead-letters") {
				if e.attributes["id"] == tc.command.id {
					letter = e
				}
			}
			return letter.attributes != nil
		})
		text, err := base64.StdEncoding.DecodeString(letter.attributes["knativeerrordata"])
		if err != nil {
			t.Fatalf("the reason %q: %v", letter.attributes["knativeerrordata"], err)
		}
		var problem struct {
			Type   string
			Status int
		}
		shown{data: string(text)}.decode(t, &problem)
		if letter.attributes["knativeerrorcode"] != tc.code || strconv.Itoa(problem.Status) != tc.code ||
			!strings.HasSuffix(problem.Type, tc.kind) || !strings.Contains(string(text), tc.says) {
			t.Errorf("%s was answered %s, because %s", tc.command.id, letter.attributes["knativeerrorcode"], text)
		}
	}
}

// TestOperatorAwayForLong has the dead-letter sink get every command that the broker gave
// up, and each of them, sent again as it is, its outcome.
func TestOperatorAwayForLong(t *testing.T) {
	const commands = 100
	setUp(t, byReply)
	// Fewer retries, so that nobody waits three minutes for the last one.
	s := setUpIn(t, "away", "retry: 10", "retry: 2")
	product := s.stock(commands)
	must(t, "scale", "deployment", "inventory-operator", "-n", "inventory-system", "--replicas=0")
	s.await("the operators to end", func() bool { return len(operators()) == 0 })
	for i := range commands {
		if err := s.send(s.broker, reserve(fmt.Sprintf("away-%d", i), product)); err != nil {
			t.Fatal(err)
		}
	}
	letters := map[identity]shown{}
	s.await("every command to be a dead letter", func() bool {
		for _, e := range s.caused("dead-letters") {
			letters[e.identity()] = e
		}
		return len(letters) == commands
	})
	must(t, "scale", "deployment", "inventory-operator", "-n", "inventory-system", "--replicas=2")
	must(t, "rollout", "status", "deployment", "inventory-operator", "-n", "inventory-system", "--timeout=3m")
	for _, e := range letters {
		c := command{id: e.attributes["id"], kind: e.attributes["type"]}
		e.decode(t, &c.body)
		if err := s.send(s.broker, c); err != nil {
			t.Fatal(err)
		}
	}
	s.awaitOutcomes(commands)
	for cause, identities := range s.outcomes() {
		if len(identities) != 1 {
			t.Errorf("command %s has the outcomes %v", cause, identities)
		}
	}
}

// TestFiltersPickOutcomes has Triggers get the outcomes of one partition and those of one
// reservation, and no others.
func TestFiltersPickOutcomes(t *testing.T) {
	s := setUp(t, byReply)
	must(t, "apply", "-f", "config/knative/picked_outcomes.yaml")
	must(t, "wait", "deployment", "picked-outcomes", "-n", "shop", "--for=condition=Available", "--timeout=3m")
	s.awaitBroker()
	product := s.stock(4)
	var commands []command
	for id, partition := range map[string]string{"west": "eu-west", "east": "eu-east", "none": ""} {
		c := reserve(id, product)
		if partition != "" {
			c.extensions = map[string]string{"partitionkey": partition}
		}
		commands = append(commands, c)
	}
	// The reservation that the file names is that of the README's command.
	commands = append(commands, command{id: readmeID, source: readmeSource, kind: events.TypeReserve, body: map[string]any{
		"cartId": "5f0c7a52-3b0e-4a57-9d3c-6f0f3f1d8a11",
		"items":  []map[string]any{{"productId": mug, "quantity": 2}},
	}})
	picked := func() map[string]string {
		all := map[string]string{}
		for _, e := range s.displayed("picked-outcomes") {
			all[e.attributes["causationid"]] = e.attributes["subject"]
		}
		return all
	}
	s.await("the picked outcomes", func() bool {
		for _, c := range commands { // again and again, see warmUp
			if err := s.send(s.broker, c); err != nil {
				t.Fatal(err)
			}
		}
		return len(picked()) >= 2
	})
	s.awaitOutcomes(3)
	if all := picked(); all["west"] == "" || all[readmeID] != readmeReservation || len(all) != 2 {
		t.Errorf("the filters picked %v", all)
	}
}

// TestNamespaceOfTheTrigger has a Trigger without a path decide in its own namespace.
func TestNamespaceOfTheTrigger(t *testing.T) {
	setUp(t, byReply)
	s := setUpIn(t, "outlet", "    uri: /namespaces/shop\n", "")
	if err := s.send(s.broker, reserve("outlet", s.stock(1))); err != nil {
		t.Fatal(err)
	}
	got := s.awaitOutcomes(1)[0].attributes
	if want := "/apis/inventory.acme.com/v1/namespaces/outlet/reservations"; got["source"] != want || got["type"] != events.TypeReserved {
		t.Errorf("the outcome is %v, want one of source %s", got, want)
	}
}

// TestRequestReply has Knative's RequestReply answer a command with its outcome.
func TestRequestReply(t *testing.T) {
	s := setUp(t, byReply)
	must(t, "apply", "-f", "config/knative/request_reply.yaml")
	must(t, "wait", "requestreply", "inventory", "-n", "shop", "--for=condition=Ready", "--timeout=3m")
	url := must(t, "get", "requestreply", "inventory", "-n", "shop", "-o", "jsonpath={.status.address.url}")
	c := reserve("asked", s.stock(1))
	// Knative calls it ready a moment before all of its parts know it, so ask again, as a
	// client would.
	var got http.Header
	s.await("an answer", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		response, err := s.post(ctx, url, c)
		if err != nil {
			return false
		}
		got = response.Header
		return response.Body.Close() == nil && response.StatusCode == http.StatusOK
	})
	if got.Get("ce-type") != events.TypeReserved || got.Get("ce-causationid") != "asked" {
		t.Errorf("the command is answered with an event of type %q about %q", got.Get("ce-type"), got.Get("ce-causationid"))
	}
}
