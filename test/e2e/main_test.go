package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

// binary is the operator, built once with the race detector on.
var binary string

// manifests are what an operator needs in a cluster.
var manifests = []string{"../../config/default/namespace.yaml", "../../config/crd", "../../config/rbac"}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "inventory-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "inventory-operator")
	return controlplanetest.Main(m, manifests...)
}

// build builds the operator when the first test needs it.
func build(tb testing.TB) {
	tb.Helper()
	if _, err := os.Stat(binary); err == nil {
		return
	}
	command := exec.Command("go", "build", "-race", "-buildvcs=false", "-o", binary, "../..")
	if out, err := command.CombinedOutput(); err != nil {
		tb.Fatalf("build the operator: %v\n%s", err, out)
	}
}
