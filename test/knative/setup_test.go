package knative

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// way is one of the ways in which outcomes come back to the broker.
type way string

// The ways, by their directories.
const (
	byReply way = "config/knative/by-reply"
	bySink  way = "config/knative/by-sink"
	// bySinkWithTokens is for brokers that ask producers for tokens.
	bySinkWithTokens way = "config/knative/by-sink-with-tokens"
)

// setUp has the service run behind the broker of config/knative, in one of its ways, where
// Knative sends no tokens.
func setUp(t *testing.T, by way) *shop {
	t.Helper()
	withoutTokens(t)
	return apply(t, by, "config/knative/without-oidc")
}

// withoutTokens disables Knative's tokens if they are enabled. What was made with them is made
// anew: Knative v0.48 never calls such a channel ready again, and tells its dispatcher of no
// more Triggers. Nothing here deletes what a deleted object owned.
func withoutTokens(t *testing.T) {
	t.Helper()
	feature := must(t, "get", "configmap", "config-features", "-n", "knative-eventing", "-o", "jsonpath={.data.authentication-oidc}")
	if feature == "disabled" {
		return
	}
	must(t, "patch", "configmap", "config-features", "-n", "knative-eventing", "--type=merge", "-p", `{"data":{"authentication-oidc":"disabled"}}`)
	must(t, "delete", "sinkbinding", "--all", "-n", "inventory-system", "--timeout=1m")
	for _, kind := range []string{
		"triggers.eventing.knative.dev", "brokers.eventing.knative.dev", "subscriptions.messaging.knative.dev",
		"inmemorychannels.messaging.knative.dev", "eventpolicies.eventing.knative.dev", "services", "serviceaccounts",
	} {
		must(t, "delete", kind, "--all", "-n", "shop", "--timeout=1m")
	}
}

// apply applies an operator, a shop and a broker in one of its ways, and waits for all of them.
func apply(t *testing.T, by way, operator string) *shop {
	t.Helper()
	must(t, "apply", "--server-side", "-k", operator)
	must(t, "apply", "--server-side", "-k", "config/samples")
	if by == byReply {
		must(t, "delete", "sinkbinding", "--all", "-n", "inventory-system", "--timeout=1m")
	}
	must(t, "apply", "-k", string(by))
	s := &shop{TB: t, namespace: "shop"}
	s.await("the operator to have the sink of "+string(by), func() bool { return (s.sink() != "") == (by != byReply) })
	must(t, "rollout", "status", "deployment", "inventory-operator", "-n", "inventory-system", "--timeout=3m")
	must(t, "wait", "deployment", "outcomes", "dead-letters", "-n", "shop", "--for=condition=Available", "--timeout=3m")
	must(t, "wait", "stockitem", "--all", "-n", "shop", "--for=condition=Ready", "--timeout=3m")
	s.awaitBroker()
	return s
}

// setUpIn makes the broker of config/knative in another namespace, with its files edited:
// pairs of what they say and what stands there instead.
func setUpIn(t *testing.T, namespace string, edits ...string) *shop {
	t.Helper()
	s := &shop{TB: t, namespace: namespace}
	edit := strings.NewReplacer(append(edits, "namespace: shop\n", "namespace: "+namespace+"\n", "/namespaces/shop", "/namespaces/"+namespace)...)
	manifest := "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + namespace + "}\n"
	for _, file := range []string{"broker", "commands", "outcomes", "dead_letters"} {
		text, err := os.ReadFile(root + "/config/knative/base/" + file + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		manifest += "---\n" + edit.Replace(string(text))
	}
	s.applyText(manifest)
	must(t, "wait", "deployment", "--all", "-n", namespace, "--for=condition=Available", "--timeout=3m")
	s.awaitBroker()
	return s
}

// awaitBroker waits until the broker of the namespace and its Triggers are ready.
func (s *shop) awaitBroker() {
	s.Helper()
	must(s, "wait", "broker", "shop", "-n", s.namespace, "--for=condition=Ready", "--timeout=3m")
	must(s, "wait", "trigger", "--all", "-n", s.namespace, "--for=condition=Ready", "--timeout=3m")
	s.broker = must(s, "get", "broker", "shop", "-n", s.namespace, "-o", "jsonpath={.status.address.url}")
}

// sink is where a SinkBinding has the operator's Deployment send outcomes.
func (s *shop) sink() string {
	s.Helper()
	return must(s, "get", "deployment", "inventory-operator", "-n", "inventory-system", "-o",
		`jsonpath={.spec.template.spec.containers[0].env[?(@.name=="K_SINK")].value}`)
}

// applyText applies a manifest.
func (s *shop) applyText(manifest string) {
	s.Helper()
	command := exec.Command(cluster.controlPlane.Kubectl(), "apply", "--server-side", "-f", "-")
	command.Env = append(os.Environ(), "KUBECONFIG="+cluster.kubeconfig)
	command.Stdin = strings.NewReader(manifest)
	if out, err := command.CombinedOutput(); err != nil {
		s.Fatalf("kubectl apply: %v\n%s\n%s", err, out, manifest)
	}
}

// stock declares units of a product of the test's own and returns it.
func (s *shop) stock(units int) (product string) {
	s.Helper()
	product = cartOf(s.Name() + "/product")
	name := s.item()
	s.applyText(fmt.Sprintf(`apiVersion: inventory.acme.com/v1
kind: StockItem
metadata: {name: %s, namespace: %s}
spec: {productID: %s, locationID: here, received: %d}
`, name, s.namespace, product, units))
	must(s, "wait", "stockitem", name, "-n", s.namespace, "--for=condition=Ready", "--timeout=1m")
	s.warmUp(product)
	return product
}

// warmUp waits until a command goes through the broker and its outcome comes back: Knative
// calls a Trigger ready a moment before all of its parts know it, and what they take in
// meanwhile goes nowhere. The commands ask for more than there is, so they hold nothing.
func (s *shop) warmUp(product string) {
	s.Helper()
	sent := 0
	s.await("the broker to carry events", func() bool {
		sent++
		c := reserve(strconv.Itoa(sent), product)
		c.source = s.source() + "/warm-up"
		c.body.(map[string]any)["items"] = []map[string]any{{"productId": product, "quantity": 1_000_000}}
		if err := s.send(s.broker, c); err != nil {
			s.Fatal(err)
		}
		return slices.ContainsFunc(s.displayed("outcomes"), func(e shown) bool {
			return e.attributes["causationsource"] == c.source
		})
	})
}

// item is the name of the test's StockItem.
func (s *shop) item() string {
	return strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(s.Name()))
}
