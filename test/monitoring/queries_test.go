package monitoring

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/reader"
	"github.com/acme/inventory-service/test/testbed"
)

// selector is a metric of ours in a query, with what is asked of its labels.
var selector = regexp.MustCompile(`\b(?:inventory[_:]|process_)[a-z0-9_:]+(?:\{[^}]*\})?`)

// onlyWhenWrong are selectors of what a healthy operator has none of, with labels that there
// must be instead.
var onlyWhenWrong = map[string]string{
	`inventory_bridge_requests_total{code=~"5.."}`: `inventory_bridge_requests_total{code=~".+"}`,
}

// Every query of the dashboard, of the rules and of the alerts is about metrics and labels that
// running replicas have.
func TestQueries(t *testing.T) {
	dir, rules := ruleFile(t)
	w := newWorld(t)
	sink := w.NewSink()
	flags := []string{"--sink", sink.URL(), "--item-metrics=100", "--audit-interval=1s"}
	leader := watch(w, flags...)
	w.Stock("mug", "mug", "amsterdam", 1000)
	archive, err := reader.New(w.Client, "archive")
	w.Must(err)
	w.Must(archive.Register(w.Context(), w.Namespace, allocator.Position{}))
	standby := watch(w, flags...)
	p := newPrometheus(t, w, dir+"/rules.yaml", tokenOf(t, w, "prometheus", "inventory-metrics-reader"), leader.metrics, standby.metrics)

	queries := map[string]bool{}
	for _, r := range rules {
		if r.Record != "" {
			queries[r.Record] = true
		}
		for _, found := range selector.FindAllString(r.Expr, -1) {
			queries[found] = true
		}
	}
	for _, query := range dashboard(t) {
		queries[query] = true
		for _, found := range selector.FindAllString(query, -1) {
			queries[found] = true
		}
	}
	deadline := time.Now().Add(2 * testbed.Patience)
	todo := slices.Sorted(maps.Keys(queries))
	for n := 0; len(todo) > 0; n++ { // rates need traffic that goes on
		buy(w, n, leader, standby)
		todo = slices.DeleteFunc(todo, func(query string) bool {
			if instead, is := onlyWhenWrong[query]; is {
				query = instead
			}
			return p.ask(query) > 0
		})
		if time.Now().After(deadline) {
			t.Fatalf("nothing is there for\n%s", strings.Join(todo, "\n"))
		}
	}
}

// dashboard has the queries of config/grafana, for all namespaces.
func dashboard(t *testing.T) (queries []string) {
	t.Helper()
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	parse(t, "../../config/grafana/inventory.json", &board)
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			query := strings.NewReplacer("$namespace", ".*", "$__rate_interval", "10s").Replace(target.Expr)
			if strings.Contains(query, "$") {
				t.Errorf("%s: %s has a variable that the test does not know", panel.Title, target.Expr)
			}
			queries = append(queries, query)
		}
	}
	if len(queries) < 10 {
		t.Fatalf("the dashboard has the queries %q alone", queries)
	}
	return queries
}

// buy has a cart reserved at each replica, and one that is made as an object, and asks what is left.
func buy(w *testbed.World, n int, replicas ...watched) {
	w.Helper()
	for i, replica := range replicas {
		body := fmt.Sprintf(`{"cartId":"cart-%d-%d","items":[{"productId":"mug","quantity":1}]}`, n, i)
		replica.Post("/reservations", body)
		replica.Get("/stock/mug").Want(w, http.StatusOK)
	}
	name := fmt.Sprintf("object-%d", n)
	w.Reservation(name, testbed.Line("mug", 1))
	w.AwaitReservation(name, func(r *v1.Reservation) bool { return r.Status.Phase != "" && r.Status.Phase != v1.PhasePending })
}
