package knative

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/acme/inventory-service/api/events"
)

// The command of the README.
const (
	readmeSource = "/shop/checkout"
	readmeID     = "checkout-1"
	// readmeReservation is the reservation that it asks for.
	readmeReservation = "4f73cf9a-9cce-53fb-b10c-2754fe20b8c0"
)

// TestReadme does what the README says, word by word.
func TestReadme(t *testing.T) {
	s := &shop{TB: t, namespace: "shop"}
	command := exec.Command("bash", "-euxo", "pipefail", "-c", readmeCommands(t))
	command.Dir = root
	command.Env = append(os.Environ(), "KUBECONFIG="+cluster.kubeconfig,
		"PATH="+filepath.Dir(cluster.controlPlane.Kubectl())+":"+os.Getenv("PATH"))
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.await("the outcome", func() bool {
		for _, e := range s.displayed("outcomes") {
			if e.attributes["causationsource"] == readmeSource && e.attributes["causationid"] == readmeID {
				return e.attributes["type"] == events.TypeReserved
			}
		}
		return false
	})
}

// readmeCommands are the shell commands of the README's section.
func readmeCommands(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## With Knative\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var commands []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(section, -1) {
		commands = append(commands, block[1])
	}
	if !found || len(commands) != 2 {
		t.Fatalf("the README's section has the commands %q", commands)
	}
	return strings.Join(commands, "")
}
