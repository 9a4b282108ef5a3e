package plugin_test

import (
	"encoding/json"
	"strings"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin"
	"github.com/acme/inventory-service/test/testbed"
)

// What happened is told in words: all of it, or what is about one StockItem or reservation.
func TestLog(t *testing.T) {
	s := newShop(t)
	if r := s.want(plugin.Refused, "log"); !strings.Contains(r.err, "there is no journal") {
		t.Errorf("before there is a journal: %s", r.err)
	}
	s.open()
	s.Stock("mug", "mug", "amsterdam", 5)
	s.Stock("tea", "tea", "amsterdam", 5)
	s.want(plugin.Done, "reserve", "mug=2", "--name", "one", "--cart", "cart-1", "--order", "order-1")
	s.want(plugin.Done, "reserve", "tea=1", "--name", "mug", "--cart", "cart-2")
	s.want(plugin.Done, "consume", "one")
	told := s.Ask(testbed.Reserve("bridge", testbed.PlainHTTP, testbed.Item("mug", 9)), s.Operator)

	verbs := func(arguments ...string) string {
		t.Helper()
		var list struct{ Items []struct{ Verb, Text string } }
		s.Must(json.Unmarshal([]byte(s.want(plugin.Done, append([]string{"log", "-o", "json"}, arguments...)...).out), &list))
		var all []string
		for _, e := range list.Items {
			if e.Verb != "shown" && e.Verb != "item" { // how often is a matter of time
				all = append(all, e.Verb)
			}
		}
		return strings.Join(all, ", then ")
	}
	uid := string(s.AwaitPhase("one", v1.PhaseConsumed).UID)
	for want, about := range map[string][]string{
		"term, then reserved, then reserved, then consumed, then refused": nil,
		"reserved, then consumed, then refused":                           {"mug"},
		"reserved":                                                        {"rsv/mug"},
		"reserved, then consumed":                                         {uid},
		"refused":                                                         {told.Reservation},
		"":                                                                {"nobody"},
	} {
		if got := verbs(about...); got != want {
			t.Errorf("log %q has %q, want %q", about, got, want)
		}
	}
	if got := verbs("one", "--since", "1ns"); got != "" {
		t.Errorf("what is younger than now: %q", got)
	}
	golden(t, "log", s.want(plugin.Done, "log", "rsv/one").out)
	s.want(plugin.Misused, "log", "pod/one")
	clerk := s.as("clerk", s.role("clerk", map[string][]string{"stockitems": {"get"}, "reservations": {"get"}}))
	if r := clerk.want(plugin.Failed, "log"); !strings.Contains(r.err, "may not list journalpages") {
		t.Errorf("a clerk is told %s", r.err)
	}
}

// Whoever may look finds what objects show wrongly.
func TestVerify(t *testing.T) {
	s := newShop(t)
	s.want(plugin.Refused, "verify")
	s.open()
	s.Stock("mug", "mug", "amsterdam", 5)
	s.want(plugin.Done, "reserve", "mug=2", "--name", "one")
	s.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Reserved == 2 })
	viewer := s.as("viewer", "inventory-viewer")
	golden(t, "verify", viewer.want(plugin.Done, "verify").out)

	s.Operator.Kill() // it would put it right
	item := s.item("mug")
	item.Status.Reserved, item.Status.Available = 1, 4
	s.Must(s.Client.Status().Update(s.Context(), item))
	r := viewer.want(plugin.Refused, "verify")
	golden(t, "verify-differs", r.out+r.err)
	golden(t, "verify-json", viewer.want(plugin.Refused, "verify", "-o", "json").out)
}
