package plugin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin"
	"github.com/acme/inventory-service/test/testbed"
)

// stocked is a shop with two products, one of them at two locations, and some carts: two that
// are objects and, of the bridge, one that no object shows.
func stocked(t *testing.T) *shop {
	s := newShop(t).open("--show=none")
	s.Stock("mug-ams", "mug", "amsterdam", 100)
	s.Stock("mug-rtm", "mug", "rotterdam", 40)
	s.Stock("tea", "茶 no 1", "shelf 3", 2)
	s.PatchItem("mug-ams", `{"spec":{"safetyStock":10,"priority":5}}`)
	s.AwaitItem("mug-ams", func(i *v1.StockItem) bool { return i.Status.Available == 90 })
	s.ReservationOf("one", v1.ReservationSpec{Items: []v1.ReservationItem{testbed.Line("mug", 20)}, OrderID: "order-1"})
	s.AwaitPhase("one", v1.PhaseReserved)
	s.Reservation("two", testbed.Line("茶 no 1", 2))
	s.AwaitPhase("two", v1.PhaseReserved)
	s.Ask(testbed.Reserve("bridge", testbed.PlainHTTP, testbed.Item("mug", 3)), s.Operator)
	s.AwaitItem("mug-ams", func(i *v1.StockItem) bool { return i.Status.Reserved == 23 })
	s.AwaitItem("tea", func(i *v1.StockItem) bool { return i.Status.Reserved == 2 })
	return s
}

// What is in stock, who holds it and what became of a cart are told to people and programs.
func TestLook(t *testing.T) {
	s := stocked(t)
	for name, command := range map[string][]string{
		"levels":         {"levels"},
		"levels-wide":    {"levels", "mug", "-o", "wide"},
		"levels-json":    {"levels", "-o", "json"},
		"levels-yaml":    {"levels", "tea", "-o", "yaml"},
		"levels-name":    {"levels", "mug-rtm", "-o", "name"},
		"levels-colours": {"levels", "--color", "always", "--no-headers"},
		"holders":        {"holders", "mug-rtm"},
		"holders-wide":   {"holders", "茶 no 1", "-o", "wide"},
		"holders-json":   {"holders", "mug", "-o", "json"},
		"holders-name":   {"holders", "mug", "-o", "name"},
		"find":           {"find", "--cart", "cart-bridge"},
		"find-wide":      {"find", "--order", "order-1", "-o", "wide"},
		"find-json":      {"find", "--cart", "cart-two", "-o", "json"},
		"find-jsonpath":  {"find", "--cart", "cart-two", "-o", "jsonpath={.items[*].status.phase}"},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.want(plugin.Done, command...)
			if r.err != "" {
				t.Errorf("it warns: %s", r.err)
			}
			golden(t, name, r.out)
		})
	}
	t.Run("nothing", func(t *testing.T) {
		for _, command := range [][]string{{"levels", "cup"}, {"holders", "cup"}, {"find", "--cart", "nobody"}} {
			if r := s.want(plugin.Refused, command...); r.out != "" || !strings.HasPrefix(r.err, "Error: ") {
				t.Errorf("%q says %q and %q", command, r.out, r.err)
			}
		}
	})
	t.Run("misuse", func(*testing.T) {
		for _, command := range [][]string{{"levels", "-o", "xml"}, {"holders"}, {"find"}, {"find", "--cart", "a", "--order", "b"}, {"levels", "--color", "red"}} {
			s.want(plugin.Misused, command...)
		}
	})
	t.Run("completion", func(t *testing.T) {
		for want, command := range map[string][]string{
			"mug mug-ams mug-rtm":    {"levels", "m"},
			"one":                    {"release", "o"},
			"mug-ams= mug-rtm= mug=": {"reserve", "mug"},
			"amsterdam":              {"move", "mug-ams", "3", "--to", "a"},
			"json jsonpath=":         {"levels", "-o", "j"},
			"cart-one":               {"find", "--cart", "cart-o"},
			"none server":            {"receive", "--dry-run="},
			"mug-ams mug-rtm tea":    {"suspend", ""},
		} {
			// The words behind -- are for the command that is completed.
			complete := append([]string{"__complete", command[0], "--kubeconfig", s.kubeconfig, "--namespace", s.Namespace}, command[1:]...)
			var out bytes.Buffer
			plugin.Run(t.Context(), "test", complete, genericiooptions.IOStreams{Out: &out, ErrOut: &bytes.Buffer{}})
			lines := strings.Split(out.String(), "\n:")
			if got := strings.Join(strings.Split(strings.TrimSpace(lines[0]), "\n"), " "); got != want {
				t.Errorf("%q is completed by %q, want %q", command, got, want)
			}
		}
	})
}

// Who may see objects but not the journal is told what is missing, who may see nothing is told
// what to ask for.
func TestRightsToLook(t *testing.T) {
	s := stocked(t)
	clerk := s.as("clerk", s.role("clerk", map[string][]string{"stockitems": {"get", "list"}, "reservations": {"get", "list"}}))
	r := clerk.want(plugin.Done, "holders", "mug")
	if !strings.Contains(r.err, "carts that no object shows are not listed") || !strings.Contains(r.err, "may not list journalpages") {
		t.Errorf("the clerk is told %q", r.err)
	}
	golden(t, "holders-clerk", r.out)
	if r := clerk.want(plugin.Refused, "find", "--cart", "cart-bridge"); !strings.Contains(r.err, "carts that no object shows are not found") {
		t.Errorf("the clerk is told %q", r.err)
	}
	nobody := s.as("nobody", "")
	for _, command := range [][]string{{"levels"}, {"holders", "mug"}, {"find", "--cart", "a"}, {"receive", "mug-ams", "+1"}, {"count", "mug-ams", "1"}} {
		if r := nobody.want(plugin.Failed, command...); !strings.Contains(r.err, "forbidden") || !strings.Contains(r.err, "inventory-viewer") {
			t.Errorf("%q: nobody is told %q", command, r.err)
		}
	}
	viewer := s.as("viewer", "inventory-viewer")
	viewer.want(plugin.Done, "levels")
	if r := viewer.want(plugin.Failed, "suspend", "mug-ams"); !strings.Contains(r.err, "cannot patch") {
		t.Errorf("the viewer is told %q", r.err)
	}
}

// Of all namespaces it shows those of this one, too, and whose each is.
func TestEverywhere(t *testing.T) {
	s := stocked(t)
	var list struct {
		Items []struct{ Namespace, Name string }
	}
	r := s.want(plugin.Done, "levels", "-A", "-o", "json")
	s.Must(json.Unmarshal([]byte(r.out), &list))
	found := 0
	for _, item := range list.Items {
		if item.Namespace == s.Namespace {
			found++
		}
	}
	if found != 3 {
		t.Errorf("%d items of this namespace, want 3", found)
	}
	if r := s.want(plugin.Done, "holders", "茶 no 1", "-A"); !strings.Contains(r.out, s.Namespace+" ") {
		t.Errorf("holders of all namespaces: %s", r.out)
	}
	if r := s.want(plugin.Done, "find", "--order", "order-1", "-A"); !strings.Contains(r.out, s.Namespace+" ") {
		t.Errorf("the order in all namespaces: %s", r.out)
	}
}

// feed is an output that is read while it is written.
type feed struct {
	mu   sync.Mutex
	text strings.Builder
	news chan struct{}
}

func (f *feed) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case f.news <- struct{}{}:
	default:
	}
	return f.text.Write(p)
}

// await waits until the output has a text.
func (f *feed) await(t *testing.T, text string) {
	t.Helper()
	patience := time.After(testbed.Patience)
	for {
		f.mu.Lock()
		there := strings.Contains(f.text.String(), text)
		all := f.text.String()
		f.mu.Unlock()
		if there {
			return
		}
		select {
		case <-f.news:
		case <-patience:
			t.Fatalf("%q never came:\n%s", text, all)
		}
	}
}

// In a pipe each row that changes comes once more, under its columns.
func TestWatchLevels(t *testing.T) {
	s := stocked(t)
	ctx, stop := context.WithCancel(t.Context())
	out := &feed{news: make(chan struct{}, 1)}
	ended := make(chan plugin.Code, 1)
	go func() {
		streams := genericiooptions.IOStreams{Out: out, ErrOut: out}
		ended <- plugin.Run(ctx, "test", []string{"levels", "mug", "--watch", "--kubeconfig", s.kubeconfig, "--namespace", s.Namespace}, streams)
	}()
	out.await(t, "TOTAL")
	s.Receive("mug-rtm", 77)
	out.await(t, "77")
	stop()
	select {
	case code := <-ended:
		if code != plugin.Done {
			t.Errorf("it ended with %d:\n%s", code, out.text.String())
		}
	case <-time.After(testbed.Patience):
		t.Fatal("it does not end")
	}
	rows := strings.Split(strings.TrimSpace(out.text.String()), "\n")
	if last := rows[len(rows)-1]; !strings.Contains(last, "rotterdam") || strings.Count(out.text.String(), "PRODUCT") != 1 {
		t.Errorf("it printed\n%s", out.text.String())
	}
}
