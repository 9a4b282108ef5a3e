package testbed

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

// built is the operator's binary, built when the first test needs it.
var built struct {
	sync.Once
	path string
	err  error
}

// Main runs the tests of a package of this module, removes what they built and
// returns the exit code.
func Main(m *testing.M) int {
	root, err := ModuleRoot()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "inventory-testbed-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	built.path = filepath.Join(dir, "inventory-operator")
	log.SetLogger(logr.Discard()) // that of clients in the tests
	if err := runMoreAtOnce(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return controlplanetest.Main(m, manifests(root)...)
}

// atOnce is how many parallel tests run at a time where -parallel says nothing:
// they wait most of the time, for other processes and for things not to happen.
const atOnce = 8

func runMoreAtOnce() error {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if given {
		return nil
	}
	return flag.Set("test.parallel", strconv.Itoa(atOnce))
}

// ControlPlane starts a control plane for one test alone, with all that an
// operator needs.
func ControlPlane(tb testing.TB, options controlplane.Options) *controlplane.ControlPlane {
	tb.Helper()
	root, err := ModuleRoot()
	if err != nil {
		tb.Fatal(err)
	}
	return controlplanetest.Start(tb, options, manifests(root)...)
}

// manifests are what an operator needs in a cluster.
func manifests(root string) []string {
	return []string{
		filepath.Join(root, "config/default/namespace.yaml"),
		filepath.Join(root, "config/crd"),
		filepath.Join(root, "config/rbac"),
		filepath.Join(root, "config/archive/rbac"),
	}
}

// Binary is the path of the operator's binary: what OPERATOR_BINARY says, or else it is
// built for the first test that asks, with the race detector where the tests have it.
func Binary(tb testing.TB) string {
	tb.Helper()
	if given := os.Getenv("OPERATOR_BINARY"); given != "" {
		return given
	}
	built.Do(func() { built.err = build(built.path) })
	if built.err != nil {
		tb.Fatal(built.err)
	}
	return built.path
}

func build(path string) error {
	if path == "" {
		return errors.New("the tests have no operator: call testbed.Main from TestMain")
	}
	root, err := ModuleRoot()
	if err != nil {
		return err
	}
	arguments := []string{"build", "-buildvcs=false", "-o", path}
	if raceDetector {
		arguments = append(arguments, "-race")
	}
	command := exec.Command("go", append(arguments, ".")...)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the operator: %w\n%s", err, out)
	}
	return nil
}

// ModuleRoot is the folder of this module, also from a module of its own below it that
// requires it from there.
func ModuleRoot() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/acme/inventory-service").Output()
	if err != nil {
		return "", fmt.Errorf("find the module, inside which tests are to run: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
