package argocd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/argoproj/gitops-engine/pkg/health"
	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/acme/inventory-service/test/engines"
)

// The scripts say what the files beside them want, by which Argo CD tests them, too.
func TestHealthScripts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(scripts, "*/*/health_test.yaml"))
	if err != nil || len(files) != 3 {
		t.Fatalf("found %v: %v", files, err)
	}
	for _, file := range files {
		var wanted struct {
			Tests []struct {
				InputPath    string              `json:"inputPath"`
				HealthStatus health.HealthStatus `json:"healthStatus"`
			} `json:"tests"`
		}
		read(t, file, &wanted)
		inputs, err := filepath.Glob(filepath.Join(filepath.Dir(file), "testdata/*.yaml"))
		if err != nil || len(inputs) != len(wanted.Tests) {
			t.Errorf("%s has %d tests for %d inputs: %v", file, len(wanted.Tests), len(inputs), err)
		}
		for _, test := range wanted.Tests {
			object := &engines.Object{}
			read(t, filepath.Join(filepath.Dir(file), test.InputPath), &object.Object)
			got, err := overrides{}.GetResourceHealth(object)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.HealthStatus, got); diff != "" {
				t.Errorf("%s of %s (-want +got):\n%s", test.InputPath, file, diff)
			}
		}
	}
}

func read(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
