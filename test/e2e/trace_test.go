package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/tracing/tracingtest"
	"github.com/acme/inventory-service/test/testbed"
)

// traceSink takes outcomes and keeps the headers that each came with, by the cart.
type traceSink struct {
	mu      sync.Mutex
	headers map[string]http.Header
}

func (s *traceSink) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.headers[r.Header.Get("ce-partitionkey")] = r.Header.Clone()
}

func (s *traceSink) of(cart string) http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.headers[cart]
}

// A trace goes from a command to its outcome, across the write of the journal and whichever replica
// takes the command in: where the command is a CloudEvent with the extension traceparent, in either
// mode, and where it is none and has a header.
func TestTraces(t *testing.T) {
	collector := tracingtest.NewHTTP(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
	sink := &traceSink{headers: map[string]http.Header{}}
	listening := httptest.NewServer(sink)
	t.Cleanup(listening.Close)
	w := testbed.NewWorld(t)
	replicas := []*testbed.Operator{w.Operate("--sink", listening.URL), w.Operate("--sink", listening.URL)}
	w.Stock("mug", "mug", "amsterdam", 50)
	ctx, cancel := context.WithTimeout(t.Context(), testbed.Patience)
	defer cancel()
	replicas[1].AwaitServing(ctx)

	const producer = "b7ad6b7169203331"
	number, forwarded := 0, 0
	for _, o := range replicas {
		for _, form := range []string{"binary", "structured", "batch", "plain"} {
			number++
			cart, id := fmt.Sprint("cart-", number), fmt.Sprintf("%032x", number)
			send(o, form, cart, "00-"+id+"-"+producer+"-01")

			await := func(name string, parent string) tracingtest.Span {
				t.Helper()
				return collector.Await(ctx, t, form+": "+name+" under "+parent, func(s tracingtest.Span) bool {
					return s.Trace == id && s.Name == name && (parent == "" || s.Parent == parent)
				})
			}
			waits := await("await append", "")
			reserve := collector.Await(ctx, t, "reserve", func(s tracingtest.Span) bool { return s.ID == waits.Parent && s.Name == "reserve" && s.Trace == id })
			if reserve.Attributes["inventory.cart.id"] != cart || reserve.Attributes["inventory.reservation.id"] == "" || reserve.Service != "inventory-operator" {
				t.Errorf("%s: the command's span says %+v", form, reserve)
			}
			if reserve.Parent != producer { // it came by way of the other replica
				forward := collector.Await(ctx, t, "forward", func(s tracingtest.Span) bool { return s.Name == "forward" && s.Trace == id })
				if first := await("reserve", producer); first.ID != forward.Parent {
					t.Errorf("%s: it was forwarded under %s, and taken in as %s", form, forward.Parent, first.ID)
				}
				forwarded++
			}
			collector.Await(ctx, t, form+": append", func(s tracingtest.Span) bool { return s.Name == "append" && slices.Contains(s.Links, waits.ID) })
			publish := await("publish", "")
			continued := producer
			if form == "plain" { // nothing but the bridge's own span was there to be continued
				continued = reserve.ID
			}
			if publish.Parent != continued {
				t.Errorf("%s: the outcome's span is under %s, want %s", form, publish.Parent, continued)
			}
			header := sink.of(cart)
			if got, want := header.Get("traceparent"), "00-"+id+"-"+publish.ID+"-01"; got != want {
				t.Errorf("%s: the sink was told %q, want %q", form, got, want)
			}
			if got, want := header.Get("ce-traceparent"), "00-"+id+"-"+continued+"-01"; got != want {
				t.Errorf("%s: the event carries %q, want %q", form, got, want)
			}
		}
	}
	if forwarded == 0 {
		t.Error("no command was forwarded")
	}
}

// send has a cart reserved under a trace.
func send(o *testbed.Operator, form, cart, parent string) {
	o.World.Helper()
	data, err := json.Marshal(events.ReserveInventory{CartID: cart, Items: []events.Item{testbed.Item("mug", 1)}})
	o.World.Must(err)
	event, err := json.Marshal(map[string]any{
		"specversion": "1.0", "id": cart, "source": "/shop", "type": events.TypeReserve, "traceparent": parent, "data": json.RawMessage(data),
	})
	o.World.Must(err)
	switch form {
	case "binary":
		o.Request(http.MethodPost, "/", data, "Content-Type", "application/json",
			"ce-specversion", "1.0", "ce-id", cart, "ce-source", "/shop", "ce-type", events.TypeReserve, "ce-traceparent", parent).Want(o.World, http.StatusOK)
	case "structured":
		o.Request(http.MethodPost, "/", event, "Content-Type", "application/cloudevents+json").Want(o.World, http.StatusOK)
	case "batch":
		o.Request(http.MethodPost, "/", slices.Concat([]byte("["), event, []byte("]")), "Content-Type", "application/cloudevents-batch+json").Want(o.World, http.StatusOK)
	default:
		o.Request(http.MethodPost, "/reservations", data, "Content-Type", "application/json", "traceparent", parent).Want(o.World, http.StatusCreated)
	}
}
