package main_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, "../../config/crd")) }

// kubectl finds the plugin, passes its exit code on, and completes its words.
func TestThroughKubectl(t *testing.T) {
	cp := controlplanetest.Shared(t)
	namespace := controlplanetest.Namespace(t, cp)
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-ldflags", "-X main.version=v1.2.3", "-o", filepath.Join(dir, "kubectl-inventory"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the plugin: %v\n%s", err, out)
	}
	script, err := os.ReadFile("kubectl_complete-inventory")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kubectl_complete-inventory"), script, 0o755); err != nil {
		t.Fatal(err)
	}
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := cp.WriteKubeconfig(kubeconfig); err != nil {
		t.Fatal(err)
	}
	kubectl := func(arguments ...string) (string, int) {
		t.Helper()
		command := exec.CommandContext(t.Context(), cp.Kubectl(), arguments...)
		command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "HOME="+dir, "PATH="+dir+":"+os.Getenv("PATH"))
		out, err := command.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(out), command.ProcessState.ExitCode()
	}
	const manifest = "apiVersion: inventory.acme.com/v1\nkind: StockItem\nmetadata: {name: mug-ams}\nspec: {productID: mug, locationID: amsterdam, received: 5}\n"
	file := filepath.Join(dir, "mug.yaml")
	if err := os.WriteFile(file, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := kubectl("apply", "-n", namespace, "-f", file); code != 0 {
		t.Fatal(out)
	}
	for name, test := range map[string]struct {
		arguments []string
		code      int
		says      string
	}{
		"version":     {[]string{"inventory", "--version"}, 0, "v1.2.3"},
		"help":        {[]string{"inventory", "--help"}, 0, "kubectl inventory [command]"},
		"levels":      {[]string{"inventory", "levels", "-n", namespace}, 0, "mug-ams"},
		"found":       {[]string{"plugin", "list"}, 0, "kubectl-inventory"},
		"misuse":      {[]string{"inventory", "levels", "--wrong"}, 2, "unknown flag: --wrong"},
		"no verb":     {[]string{"inventory", "level"}, 2, "unknown command"},
		"not there":   {[]string{"inventory", "levels", "cup", "-n", namespace}, 3, "no StockItem has product"},
		"no API":      {[]string{"inventory", "levels", "--server", "http://127.0.0.1:1"}, 1, "connection refused"},
		"in no time":  {[]string{"inventory", "receive", "mug-ams", "+1", "--timeout", "100ms", "-n", namespace}, 4, "no operator has"},
		"completion":  {[]string{"__complete", "inventory", "suspend", "-n", namespace, "m"}, 0, "mug-ams\n"},
		"its verbs":   {[]string{"__complete", "inventory", "le"}, 0, "levels"},
		"no kubectl":  {[]string{"inventory", "levels", "-n", namespace, "--kubeconfig", "/nowhere"}, 1, "give --kubeconfig"},
		"as somebody": {[]string{"inventory", "levels", "-n", namespace, "--as", "nobody"}, 1, `User "nobody" cannot list`},
	} {
		t.Run(name, func(t *testing.T) {
			out, code := kubectl(test.arguments...)
			if code != test.code || !strings.Contains(out, test.says) {
				t.Errorf("it ended with %d, want %d and %q:\n%s", code, test.code, test.says, out)
			}
		})
	}
}
