package catalogsite

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/contract"
)

// pages is the folder of the pages that were built.
func pages(t *testing.T) string {
	t.Helper()
	site := os.Getenv("CATALOG_SITE")
	if site == "" {
		t.Skip("CATALOG_SITE names no folder: make catalog-site builds one and runs this")
	}
	return filepath.Join(site, "dist")
}

// exists tells whether a path of the site is a page or a file.
func exists(root, path string) bool {
	info, err := os.Stat(filepath.Join(root, filepath.FromSlash(path)))
	if err == nil && info.IsDir() {
		_, err = os.Stat(filepath.Join(root, filepath.FromSlash(path), "index.html"))
	}
	return err == nil
}

// collection is the folder in which EventCatalog has messages of a nature.
func collection(m contract.Message) string {
	switch m.Nature {
	case contract.Command:
		return "commands"
	case contract.Query:
		return "queries"
	default:
		return "events"
	}
}

// Everything that the catalogue has got a page: each message in each of its versions, the service with
// its documents, entities, flows, the database, the decision, the language and the teams.
func TestPages(t *testing.T) {
	root := pages(t)
	want := []string{
		"docs/services/inventory-service/1.1.0", "docs/domains/inventory/1.1.0", "docs/domains/inventory/language",
		"docs/containers/inventory-database/1.0.0", "docs/entities/StockItem/1.1.0", "docs/entities/InventoryReservation/1.1.0",
		"docs/adrs/the-journal-is-authoritative/1.0.0", "docs/teams/fulfilment-platform", "docs/teams/ordering-platform",
		"docs/services/inventory-service/1.1.0/spec/openapi", "docs/services/inventory-service/1.1.0/asyncapi/asyncapi",
	}
	for _, flow := range []string{"checkout", "order-cancelled", "ship", "expire"} {
		want = append(want, "docs/flows/"+flow+"/1.0.0")
	}
	for _, m := range contract.Messages() {
		for _, version := range events.Versions() {
			if _, ok := events.SchemaOf(m.Type, version, ""); ok {
				want = append(want, "docs/"+collection(m)+"/"+m.ID+"/"+version)
			}
		}
	}
	for _, page := range want {
		if !exists(root, page) {
			t.Errorf("there is no page %s", page)
		}
	}
	t.Logf("%d pages were looked for", len(want))
}

var (
	link = regexp.MustCompile(`(?:href|src)="(/[^"#?]*)`)
	code = regexp.MustCompile(`(?s)<(?:script|style)[ >].*?</(?:script|style)>`)
)

// No link of any page leads to nothing.
func TestLinks(t *testing.T) {
	root := pages(t)
	n, from := 0, map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".html" {
			return err
		}
		n++
		text, err := os.ReadFile(path) //nolint:gosec // what was built
		for _, found := range link.FindAllSubmatch(code.ReplaceAll(text, nil), -1) {
			from[string(found[1])] = path
		}
		return err
	})
	if err != nil || n == 0 {
		t.Fatalf("%d pages: %v", n, err)
	}
	for to, page := range from {
		if !strings.HasPrefix(to, "//") && !exists(root, to) {
			t.Errorf("%s has a link to %s, which is not there", page, to)
		}
	}
	t.Logf("%d pages with %d different links to each other", n, len(from))
}

// Nor do those that scripts add, such as the menu, on a page of each kind.
func TestLinksAsDrawn(t *testing.T) {
	root := pages(t)
	server := httptest.NewServer(http.FileServer(http.Dir(root)))
	defer server.Close()
	seen := map[string]bool{}
	for _, page := range []string{
		"/docs/services/inventory-service/1.1.0/", "/docs/domains/inventory/1.1.0/", "/docs/containers/inventory-database/1.0.0/",
		"/docs/entities/StockItem/1.1.0/", "/docs/commands/release-inventory/1.1.0/", "/docs/events/inventory-reserved/1.0.0/",
		"/docs/queries/get-stock-level/1.1.0/", "/docs/flows/checkout/1.0.0/", "/docs/adrs/the-journal-is-authoritative/1.0.0/",
	} {
		found := all(code.ReplaceAllString(opened(t, server.URL+page, 5*time.Second), ""), link)
		if len(found) == 0 {
			t.Errorf("%s has no links", page)
		}
		for _, to := range found {
			seen[to] = true
			if !strings.HasPrefix(to, "//") && !exists(root, to) {
				t.Errorf("%s has a link to %s, which is not there", page, to)
			}
		}
	}
	t.Logf("%d different links", len(seen))
}

// drawn are the nodes and edges that Chromium shows of a graph of the site.
func drawn(t *testing.T, url string) (nodes, edges []string) {
	t.Helper()
	// Edges come once a worker has laid out the nodes, which takes longer on a busy machine.
	for budget := 10 * time.Second; budget < 3*time.Minute; budget *= 2 {
		dom := opened(t, url, budget)
		nodes, edges = all(dom, node), all(dom, edge)
		if len(edges) > 0 {
			break
		}
	}
	return nodes, edges
}

// opened is the document of a page once its scripts have run for a while of the browser's own time.
func opened(t *testing.T, url string, budget time.Duration) string {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("pages are drawn in a browser: apt-get install chromium")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	dump := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", //nolint:gosec // found on the PATH
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
		"--window-size=2400,1600", fmt.Sprintf("--virtual-time-budget=%d", budget.Milliseconds()), "--dump-dom", url)
	dom, err := dump.Output()
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return string(dom)
}

// What the visualiser makes of a node, and of an edge.
var (
	node = regexp.MustCompile(`class="react-flow__node [^>]*data-id="([^"]*)"`)
	edge = regexp.MustCompile(`class="react-flow__edge [^>]*aria-label="Edge from ([^"]*)"`)
)

// all are what a pattern finds, in order.
func all(dom string, pattern *regexp.Regexp) (found []string) {
	for _, match := range pattern.FindAllStringSubmatch(dom, -1) {
		found = append(found, match[1])
	}
	slices.Sort(found)
	return found
}

// The graph of each flow has a node for each of its steps.
func TestGraphsOfFlows(t *testing.T) {
	server := httptest.NewServer(http.FileServer(http.Dir(pages(t))))
	defer server.Close()
	for flow, want := range map[string]struct{ nodes, edges int }{"checkout": {5, 4}, "order-cancelled": {4, 3}, "ship": {4, 3}, "expire": {4, 3}} {
		nodes, edges := drawn(t, server.URL+"/visualiser/flows/"+flow+"/1.0.0/")
		if len(nodes) != want.nodes || len(edges) != want.edges {
			t.Errorf("%s: %d nodes and %d edges, want %+v: %v %v", flow, len(nodes), len(edges), want, nodes, edges)
		}
	}
}

// The graph of the service has it, every message that it takes and makes, and its database, joined
// as the contract says.
func TestGraphOfService(t *testing.T) {
	server := httptest.NewServer(http.FileServer(http.Dir(pages(t))))
	defer server.Close()
	const service, database = "inventory-service-1.1.0", "inventory-database-1.0.0"
	nodes, edges := drawn(t, server.URL+"/visualiser/services/inventory-service/1.1.0/")
	wantNodes := []string{service, database}
	wantEdges := []string{service + " to " + database}
	for _, m := range contract.Messages() {
		message := m.ID + "-" + events.SchemaVersion(m.Type)
		wantNodes = append(wantNodes, message)
		if m.Taken() {
			wantEdges = append(wantEdges, message+" to "+service)
		} else {
			wantEdges = append(wantEdges, service+" to "+message)
		}
	}
	slices.Sort(wantNodes)
	slices.Sort(wantEdges)
	if diff := cmp.Diff(wantNodes, nodes); diff != "" {
		t.Errorf("nodes of the contract (-) and of the picture (+):\n%s", diff)
	}
	if diff := cmp.Diff(wantEdges, edges); diff != "" {
		t.Errorf("edges of the contract (-) and of the picture (+):\n%s", diff)
	}
	t.Logf("%d nodes, %d edges", len(nodes), len(edges))
}
