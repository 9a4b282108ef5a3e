package reference

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/spf13/pflag"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/acme/inventory-service/internal/contract"
	"github.com/acme/inventory-service/internal/metric"
)

const folder = "../../docs/reference"

// docs/reference is what the code declares.
func TestPagesAreFresh(t *testing.T) {
	pages, err := Pages("../../config/crd")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range pages {
		if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (%v): make generate writes it anew", name, err)
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != len(pages) {
		t.Errorf("%d files, want %d (%v)", len(files), len(pages), err)
	}
}

var (
	link   = regexp.MustCompile(`\]\(([^)#]*)(?:#([^)]+))?\)`)
	anchor = regexp.MustCompile(`(?m)^## (\S+)|<a id="([^"]+)">`)
)

// Every link of a page leads somewhere.
func TestLinks(t *testing.T) {
	pages, err := Pages("../../config/crd")
	if err != nil {
		t.Fatal(err)
	}
	anchors := map[string]bool{}
	for name, text := range pages {
		anchors[name] = true
		for _, found := range anchor.FindAllSubmatch(text, -1) {
			anchors[name+"#"+string(found[1])+string(found[2])] = true
		}
	}
	for name, text := range pages {
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			page, part := found[1], found[2]
			switch {
			case page == "" && !anchors[name+"#"+part], anchors[page] && part != "" && !anchors[page+"#"+part]:
				t.Errorf("%s: %s leads nowhere", name, found[0])
			case page != "" && !anchors[page] && !strings.HasPrefix(page, "https://"):
				if _, err := os.Stat(filepath.Join(folder, page)); err != nil {
					t.Errorf("%s: %s leads nowhere: %v", name, found[0], err)
				}
			}
		}
	}
}

// What is registered for /metrics is described here, or is a library's.
func TestMetricsAreDescribed(t *testing.T) {
	libraries := regexp.MustCompile(`^(go|process|controller_runtime|workqueue|rest_client|leader_election|certwatcher)_`)
	known := map[string]metric.Metric{}
	for _, m := range metric.All() {
		if m.Help == "" || known[m.Name].Name != "" {
			t.Errorf("%+v", m)
		}
		known[m.Name] = m
	}
	descriptions := make(chan *prometheus.Desc)
	go func() {
		metrics.Registry.(prometheus.Collector).Describe(descriptions)
		close(descriptions)
	}()
	name := regexp.MustCompile(`fqName: "([^"]+)"`)
	for description := range descriptions {
		found := name.FindStringSubmatch(description.String())
		if found == nil || known[found[1]].Name == "" && !libraries.MatchString(found[1]) {
			t.Errorf("%s is not described: register it with package metric", description)
		}
	}
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	types := map[dto.MetricType]metric.Type{dto.MetricType_COUNTER: metric.Counter, dto.MetricType_GAUGE: metric.Gauge, dto.MetricType_HISTOGRAM: metric.Histogram}
	for _, family := range families {
		if m, ok := known[family.GetName()]; ok && types[family.GetType()] != m.Type {
			t.Errorf("%s is a %s, and described as a %s", m.Name, family.GetType(), m.Type)
		}
	}
}

// Every flag says what it is for.
func TestFlagsAreDescribed(t *testing.T) {
	for _, command := range Commands() {
		n := 0
		command.VisitAll(func(f *flag.Flag) {
			n++
			if len(f.Usage) < 10 {
				t.Errorf("%s --%s: %q", command.Name(), f.Name, f.Usage)
			}
		})
		if n == 0 {
			t.Errorf("%s has no flags", command.Name())
		}
	}
}

// Every verb of the plugin and every flag of one says what it is for.
func TestVerbsAreDescribed(t *testing.T) {
	verbs := Verbs()
	if len(verbs) == 0 {
		t.Error("there are no verbs")
	}
	for _, verb := range verbs {
		if verb.Short == "" {
			t.Errorf("%s says nothing", verb.Name())
		}
		verb.Flags().VisitAll(func(f *pflag.Flag) {
			if len(f.Usage) < 10 {
				t.Errorf("%s --%s: %q", verb.Name(), f.Name, f.Usage)
			}
		})
	}
}

// Whoever looks for a name of the contract finds it on a page that the index of the documentation
// links to.
func TestFoundFromTheIndex(t *testing.T) {
	index, err := os.ReadFile("../../docs/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, found := range link.FindAllStringSubmatch(string(index), -1) {
		if page, err := os.ReadFile(filepath.Join("../../docs", found[1])); err == nil && strings.HasPrefix(found[1], "reference/") {
			text.Write(page)
		}
	}
	var names []string
	for _, r := range contract.Routes() {
		names = append(names, r.Method+" "+shown(r))
	}
	for _, m := range contract.Messages() {
		names = append(names, m.Type)
		if !strings.Contains(text.String(), "\n## "+m.ID+"\n") {
			t.Errorf("docs/README.md links to no page that has %s", m.ID)
		}
	}
	for _, f := range contract.Failures() {
		names = append(names, f.Slug)
	}
	for _, m := range metric.All() {
		names = append(names, m.Name)
	}
	for _, table := range contract.Tables() {
		names = append(names, table.Name)
	}
	for _, command := range Commands() {
		command.VisitAll(func(f *flag.Flag) { names = append(names, "--"+f.Name) })
	}
	for _, verb := range Verbs() {
		verb.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	}
	for _, name := range names {
		if !strings.Contains(text.String(), "`"+name+"`") {
			t.Errorf("docs/README.md links to no page that has %s", name)
		}
	}
}
