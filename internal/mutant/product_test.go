package mutant_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/acme/inventory-service/internal/mutant"
)

// The product has no faults: its binary does not even know their names.
func TestProductHasNoFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the operator: not with -short")
	}
	path := filepath.Join(t.TempDir(), "inventory-operator")
	command := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", path, ".")
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build the operator: %v\n%s", err, out)
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(binary, []byte("holding the stock ledger")) {
		t.Error("the binary does not have what the operator says: it cannot be searched like this")
	}
	for _, m := range mutant.Catalog() {
		if bytes.Contains(binary, []byte(m.Name)) {
			t.Errorf("the binary knows %q", m.Name)
		}
	}
}
