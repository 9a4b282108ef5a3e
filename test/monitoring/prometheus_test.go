package monitoring

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/acme/inventory-service/test/testbed"
)

// prometheus is a running server.
type prometheus struct {
	t   *testing.T
	url string
}

// scrapeConfig has the server read the replicas as the ServiceMonitor says, and faster.
const scrapeConfig = `
global: {scrape_interval: 500ms, evaluation_interval: 500ms}
rule_files: [%q]
scrape_configs:
  - job_name: inventory-metrics
    scheme: https
    honor_labels: true
    authorization: {credentials_file: %q}
    tls_config: {insecure_skip_verify: true}
    static_configs: [{targets: %s}]
`

// newPrometheus starts a server that scrapes addresses with a token, and works out the rules.
func newPrometheus(t *testing.T, w *testbed.World, rules, token string, targets ...string) *prometheus {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		w.Must(os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	list, err := json.Marshal(targets)
	w.Must(err)
	config := write("prometheus.yml", fmt.Sprintf(scrapeConfig, rules, write("token", token), list))
	address := testbed.FreeAddress(w)
	server := exec.CommandContext(t.Context(), tool(t, "prometheus"), "--config.file", config,
		"--storage.tsdb.path", filepath.Join(dir, "data"), "--web.listen-address", address, "--log.level", "warn")
	log, err := os.Create(filepath.Join(dir, "log"))
	w.Must(err)
	server.Stdout, server.Stderr = log, log
	w.Must(server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if text, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("Prometheus says:\n%s", text)
		}
	})
	return &prometheus{t, "http://" + address}
}

// ask evaluates a query, and returns how many series it has. It fails the test where the query
// is none.
func (p *prometheus) ask(query string) (series int) {
	p.t.Helper()
	response, err := http.PostForm(p.url+"/api/v1/query", url.Values{"query": {query}})
	if err != nil {
		return 0 // it starts
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if response.StatusCode == http.StatusServiceUnavailable {
		return 0
	}
	var answer struct {
		Status string
		Data   struct{ Result []json.RawMessage }
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Status != "success" {
		p.t.Fatalf("%s: answered %d %s", query, response.StatusCode, text)
	}
	return len(answer.Data.Result)
}
