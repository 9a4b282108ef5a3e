package api

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What is another at each run: ages, and what stands for a name that the server made.
var changing = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`\s+[0-9]+[smh]+([0-9]+s)?\n`), "  <age>\n"},
	{regexp.MustCompile(`api-[a-z0-9]{5}\b`), "<namespace>"},
	{regexp.MustCompile(` {2,}`), "  "},
}

// golden compares what kubectl prints with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	for _, c := range changing {
		got = c.pattern.ReplaceAllString(got, c.by)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// namespaceToLookAt has one object of each kind, as an operator would show it.
func namespaceToLookAt(t *testing.T) string {
	t.Helper()
	namespace := newNamespace(t)
	condition := func(kind, status string) map[string]any {
		return map[string]any{"type": kind, "status": status, "reason": "Tested", "message": "", "lastTransitionTime": "2026-01-02T03:04:05Z"}
	}
	for _, o := range []struct {
		object *object
		status map[string]any
	}{
		{newStockItem(set("metadata.name", "mug-ams"), set("spec.locationID", "amsterdam-1")), map[string]any{
			"observedGeneration": int64(1), "onHand": int64(10), "reserved": int64(3), "available": int64(7), "consumed": int64(0), "refused": int64(4),
			"conditions": []any{condition("InStock", "True"), condition("Ready", "True")}}},
		{newStockItem(set("metadata.name", "mug-rtm"), set("spec.locationID", "rotterdam-2")), nil},
		{newReservation(set("metadata.name", "held"), set("spec.orderID", "order-1")), map[string]any{
			"observedGeneration": int64(1), "phase": "Reserved", "units": int64(2), "reason": "Allocated", "expiresAt": "2999-01-02T03:04:05Z",
			"decidedAt": "2026-01-02T03:04:05.000006Z", "reservedAt": "2026-01-02T03:04:05.000006Z",
			"conditions": []any{condition("Decided", "True"), condition("Reserved", "True")}}},
		{newReservation(set("metadata.name", "new"), set("spec.cartID", "cart-2")), nil},
		{newLedger(), map[string]any{"leader": "operator-1", "position": "0a1b2c3d.7.12",
			"totals": map[string]any{"items": int64(1), "onHand": int64(10), "reserved": int64(3), "available": int64(7), "consumed": int64(0),
				"withoutItem": int64(0), "open": int64(1), "unshown": int64(0), "remembered": int64(1), "undelivered": int64(0)},
			"conditions": []any{condition("Ready", "True"), condition("Consistent", "Unknown")}}},
		{newPage(set("page", int64(7)), set("records", int64(35)), set("leader", "operator-1")), nil},
	} {
		o.object.SetGenerateName("")
		objects := client.Resource(resourceOf(o.object)).Namespace(namespace)
		made, err := objects.Create(t.Context(), o.object, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if o.status == nil {
			continue
		}
		if _, err := objects.UpdateStatus(t.Context(), changed(made, set("status", o.status)), metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return namespace
}

// What people see who look with kubectl.
func TestKubectlTables(t *testing.T) {
	kubectl := newKubectl(t)
	namespace := namespaceToLookAt(t)
	for name, arguments := range map[string]string{
		"get-stockitems":         "get stockitems",
		"get-stockitems-wide":    "get stk -o wide",
		"get-reservations":       "get reservations",
		"get-reservations-wide":  "get rsv -o wide",
		"get-stockledgers":       "get stockledgers",
		"get-stockledgers-wide":  "get ledger -o wide",
		"get-journalpages":       "get journalpages",
		"get-journalpages-wide":  "get jp -o wide",
		"get-of-a-product":       "get stk --field-selector spec.productID=mug,spec.locationID=rotterdam-2 -o name",
		"get-of-a-phase":         "get rsv --field-selector status.phase=Reserved -o name",
		"get-of-a-cart":          "get rsv --field-selector spec.cartID=cart-2 -o name",
		"get-of-an-order":        "get rsv --field-selector spec.orderID=order-1 -o name",
		"wait-decided":           "wait rsv/held --for=condition=Decided --timeout=30s",
		"wait-phase":             "wait rsv/held --for=jsonpath={.status.phase}=Reserved --timeout=30s",
		"wait-ready":             "wait stk/mug-ams --for=condition=Ready --timeout=30s",
		"patch-dry-run":          `patch rsv held --type=merge -p {"spec":{"intent":"Release"}} --dry-run=server`,
		"label-page":             "label jp journal-0 checked=yes --dry-run=server",
		"annotate-ledger":        "annotate ledger default inventory.acme.com/audit-requested-at=now --dry-run=server",
		"explain-stockitem":      "explain stockitem",
		"explain-stockitem-spec": "explain stockitem.spec",
		"explain-received":       "explain stockitem.spec.received",
		"explain-ledger-status":  "explain ledger.status.totals",
		"explain-journalpage":    "explain journalpage.token",
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, kubectl(append(strings.Fields(arguments), "-n", namespace)...))
		})
	}
}

// A dry run on the server stores nothing and is refused as the real thing would be.
func TestKubectlDryRun(t *testing.T) {
	namespace := namespaceToLookAt(t)
	for name, tt := range map[string]struct{ arguments, says string }{
		"below zero":      {`patch stk mug-ams --type=merge -p {"spec":{"received":-1}}`, "spec.received: Invalid value: -1"},
		"another product": {`patch stk mug-ams --type=merge -p {"spec":{"productID":"cup"}}`, "productID is immutable: make another StockItem for another product"},
		"another order":   {`patch rsv held --type=merge -p {"spec":{"orderID":"order-2"}}`, "orderID can be set once and is immutable then"},
		"a second ledger": {"create -f testdata/second-ledger.yaml", "a namespace has one StockLedger and it is named default"},
		"an edited page":  {`patch jp journal-0 --type=merge -p {"records":9}`, "the content of a JournalPage is written by the operator alone"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := tryKubectl(t)(append(strings.Fields(tt.arguments), "--dry-run=server", "-n", namespace)...)
			if err == nil || !strings.Contains(out, tt.says) {
				t.Errorf("%v: %s\nwant %q", err, out, tt.says)
			}
		})
	}
	objects := client.Resource(stockItems).Namespace(namespace)
	newKubectl(t)("patch", "stk", "mug-ams", "--type=merge", "-p", `{"spec":{"received":99}}`, "--dry-run=server", "-n", namespace)
	stored, err := objects.Get(t.Context(), "mug-ams", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if stored.GetGeneration() != 1 {
		t.Errorf("a dry run has stored %v", stored.Object["spec"])
	}
}

// Who waits for what does not come is told so.
func TestKubectlWaitEnds(t *testing.T) {
	namespace := namespaceToLookAt(t)
	out, err := tryKubectl(t)("wait", "rsv/new", "--for=condition=Decided", "--timeout=1s", "-n", namespace)
	if err == nil || !strings.Contains(out, "timed out waiting for the condition on reservations/new") {
		t.Errorf("%v: %s", err, out)
	}
}
