package knative

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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

// TestBySinkWithTokens has the operator send the broker outcomes as the SinkBinding.
func TestBySinkWithTokens(t *testing.T) {
	must(t, "patch", "configmap", "config-features", "-n", "knative-eventing", "--type=merge", "-p", `{"data":{"authentication-oidc":"enabled"}}`)
	s := apply(t, bySinkWithTokens, "config/knative/over-http")
	audience := must(t, "get", "broker", "shop", "-n", "shop", "-o", "jsonpath={.status.address.audience}")
	s.applyText("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: producer, namespace: shop}\n")
	s.token = must(t, "create", "token", "producer", "-n", "shop", "--audience="+audience)
	if err := s.send(s.broker, reserve("sent", s.stock(1))); err != nil {
		t.Fatal(err)
	}
	if got := s.awaitOutcomes(1)[0].attributes["type"]; got != events.TypeReserved {
		t.Errorf("the outcome is of type %s", got)
	}
	// A cart that the broker knows nothing of is told to it, too.
	s.applyText(`apiVersion: inventory.acme.com/v1
kind: Reservation
metadata: {name: by-hand, namespace: shop}
spec: {cartID: 0b5a7b1e-4f7c-4f0e-9d5e-2b6d1f7a3c10, items: [{productID: ` + mug + `, quantity: 1}]}
`)
	s.await("the outcome of an object", func() bool {
		return slices.ContainsFunc(s.displayed("outcomes"), func(e shown) bool {
			return e.attributes["partitionkey"] == "0b5a7b1e-4f7c-4f0e-9d5e-2b6d1f7a3c10"
		})
	})
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
