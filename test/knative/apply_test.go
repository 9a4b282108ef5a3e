package knative

import (
	"bytes"
	"net/http"
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
	mug          = "4465ca67-98d0-4514-baf8-1f97a0af0c27"
	readmeSource = "/shop/checkout"
	readmeID     = "checkout-1"
	// readmeReservation is the reservation that it asks for.
	readmeReservation = "4f73cf9a-9cce-53fb-b10c-2754fe20b8c0"
)

// TestReadme does what the README says, word by word, on a cluster that has nothing but Knative:
// it delivers with tokens, and the bridge asks for them. The other tests do without.
func TestReadme(t *testing.T) {
	s := &shop{TB: t, namespace: "shop"}
	setup, token, send := readmeCommands(t)
	shown := doAsSaid(t, setup+token+`echo "$token"`)
	lines := strings.Split(strings.TrimSpace(shown), "\n")
	s.await("the outcome", func() bool {
		doAsSaid(t, send, "token="+lines[len(lines)-1]) // again and again, see warmUp
		for _, e := range s.displayed("outcomes") {
			if e.attributes["causationsource"] == readmeSource && e.attributes["causationid"] == readmeID {
				return e.attributes["type"] == events.TypeReserved && e.attributes["subject"] == readmeReservation
			}
		}
		return false
	})
	s.broker = must(t, "get", "broker", "shop", "-n", "shop", "-o", "jsonpath={.status.address.url}")
	if status, err := s.try(t.Context(), s.broker, reserve("nobody", mug)); status != http.StatusUnauthorized {
		t.Errorf("the broker answers a producer without a token %d, %v", status, err)
	}
	bridge := "http://inventory-bridge.inventory-system/namespaces/shop"
	if status, err := s.try(t.Context(), bridge, reserve("nobody", mug)); status != http.StatusUnauthorized {
		t.Errorf("the bridge answers a caller without a token %d, %v", status, err)
	}
}

// doAsSaid runs shell commands as an administrator in the checkout, with kubectl on the PATH,
// and returns what they print.
func doAsSaid(t *testing.T, commands string, environment ...string) string {
	t.Helper()
	command := exec.Command("bash", "-euo", "pipefail", "-c", commands)
	command.Dir = root
	command.Env = append(os.Environ(), "KUBECONFIG="+cluster.kubeconfig,
		"PATH="+filepath.Dir(cluster.controlPlane.Kubectl())+":"+os.Getenv("PATH"))
	command.Env = append(command.Env, environment...)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, complaints.Bytes())
	}
	return string(out)
}

// readmeCommands are the shell commands of the README's section: what sets the service up,
// what makes a token, and what sends a command.
func readmeCommands(t *testing.T) (setup, token, send string) {
	t.Helper()
	text, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## With Knative\n")
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(section, -1)
	if len(blocks) != 3 {
		t.Fatalf("the README's section has the commands %q", blocks)
	}
	return blocks[0][1], blocks[1][1], blocks[2][1]
}
