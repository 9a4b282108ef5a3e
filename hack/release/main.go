// Command release tells whether the checkout is ready to be tagged as a release: one line for each
// check, and exit code 1 where one fails. It changes nothing in the checkout, tags nothing and
// publishes nothing. docs/release.md says what to do with it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	root := flag.String("root", ".", "the checkout")
	quick := flag.Bool("quick", false, "leave out what builds and runs tests")
	flag.Parse()
	if failed := run(context.Background(), os.Stdout, *root, *quick); failed > 0 {
		fmt.Fprintf(os.Stderr, "%d checks failed\n", failed)
		os.Exit(1)
	}
}

// check is one thing that a release needs. It returns what it found, or an error that says what
// to do.
type check struct {
	name string
	// slow says that it builds or runs tests.
	slow bool
	run  func(ctx context.Context, r release) (string, error)
}

// release is the checkout and the version that it says it is.
type release struct{ root, version string }

// run performs all checks and returns how many failed.
func run(ctx context.Context, out io.Writer, root string, quick bool) (failed int) {
	r := release{root: root}
	version, err := r.chartVersion(ctx)
	if err != nil {
		_, _ = fmt.Fprintf(out, "FAILED  version: %v\n", err)
		return 1
	}
	r.version = version
	for _, c := range checks {
		if c.slow && quick {
			continue
		}
		found, err := c.run(ctx, r)
		if err != nil {
			failed++
			_, _ = fmt.Fprintf(out, "FAILED  %s: %s\n", c.name, strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; "))
			continue
		}
		_, _ = fmt.Fprintf(out, "ok      %s: %s\n", c.name, found)
	}
	return failed
}

var semantic = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// chartVersion is the version that the Helm chart says it is of, and that of the chart itself.
func (r release) chartVersion(context.Context) (string, error) {
	text, err := r.read("dist/chart/Chart.yaml")
	if err != nil {
		return "", err
	}
	values := map[string]string{}
	for _, name := range []string{"version", "appVersion"} {
		match := regexp.MustCompile(`(?m)^` + name + `: *"?([^"\s]+)"? *$`).FindStringSubmatch(text)
		if match == nil {
			return "", fmt.Errorf("dist/chart/Chart.yaml has no %s", name)
		}
		values[name] = match[1]
	}
	switch version := values["appVersion"]; {
	case version != values["version"]:
		return "", fmt.Errorf("dist/chart/Chart.yaml: version is %s and appVersion %s: run make chart", values["version"], version)
	case !semantic.MatchString(version):
		return "", fmt.Errorf("dist/chart/Chart.yaml: %q is no semantic version", version)
	default:
		return version, nil
	}
}

func (r release) read(path string) (string, error) {
	text, err := os.ReadFile(filepath.Join(r.root, path))
	return string(text), err
}

// command runs a command at the root and returns what it printed.
func (r release) command(ctx context.Context, name string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir = r.root
	out, err := command.CombinedOutput()
	if err != nil {
		tail := strings.Split(strings.TrimSpace(string(out)), "\n")
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, strings.Join(tail[max(0, len(tail)-3):], "\n"))
	}
	return strings.TrimSpace(string(out)), nil
}
