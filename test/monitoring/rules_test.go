package monitoring

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"
)

// rule is a recording rule or an alert.
type rule struct {
	Record, Alert, Expr string
	Annotations         map[string]string
}

type ruleGroups struct {
	Groups []struct {
		Name  string
		Rules []rule
	}
}

// ruleFile writes the groups of config/prometheus/rules.yaml as a file of rules, and returns the
// directory and the rules.
func ruleFile(t *testing.T) (dir string, rules []rule) {
	t.Helper()
	var object struct{ Spec map[string]any }
	parse(t, "../../config/prometheus/rules.yaml", &object)
	text, err := yaml.Marshal(object.Spec)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	path := filepath.Join(dir, "rules.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	var groups ruleGroups
	parse(t, path, &groups)
	for _, g := range groups.Groups {
		rules = append(rules, g.Rules...)
	}
	return dir, rules
}

func parse(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("read %s: %v", path, err)
	}
}

// Each alert fires on what it is for and on nothing else, as promtool plays it, and has a
// runbook.
func TestRules(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes promtool, which -short does without")
	}
	dir, rules := ruleFile(t)
	tests, err := os.ReadFile("../../config/prometheus/rules_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rules_test.yaml"), tests, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range [][]string{{"check", "rules", "rules.yaml"}, {"test", "rules", "rules_test.yaml"}} {
		promtool := exec.CommandContext(t.Context(), tool(t, "promtool"), arguments...)
		promtool.Dir = dir
		if out, err := promtool.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", arguments, err, out)
		}
	}

	var runbooks []string
	for _, r := range rules {
		if r.Alert == "" {
			continue
		}
		fires := regexp.MustCompile(`alertname: ` + r.Alert + `\n +exp_alerts:\n`)
		if !fires.Match(tests) {
			t.Errorf("rules_test.yaml never has %s fire", r.Alert)
		}
		name := r.Alert + ".md"
		if want := "https://github.com/acme/inventory-service/blob/main/docs/runbooks/" + name; r.Annotations["runbook_url"] != want {
			t.Errorf("the runbook of %s is %q, want %q", r.Alert, r.Annotations["runbook_url"], want)
		}
		runbooks = append(runbooks, name)
	}
	slices.Sort(runbooks)
	written, err := os.ReadDir("../../docs/runbooks")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range written {
		found = append(found, entry.Name())
	}
	if !slices.Equal(found, runbooks) {
		t.Errorf("docs/runbooks has %v, want %v", found, runbooks)
	}
}

// tool is a program that must be there.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: install Prometheus, such as with apt-get install prometheus", err)
	}
	return path
}
