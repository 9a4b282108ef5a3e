package api

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
)

const viewerRole, editorRole, clientRole = "inventory-viewer", "inventory-editor", "inventory-client"

// everyday are the verbs of whoever keeps objects of a kind.
var everyday = []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}

// roles are ours for people, with the verbs of each kind that they allow. annotate is what
// asking for an audit or a repair takes.
func roles() map[string]map[string][]string {
	annotate := append([]string{"patch"}, readVerbs...)
	viewer := map[string][]string{}
	all := map[string]map[string][]string{
		viewerRole:                     viewer,
		editorRole:                     {"stockitems": everyday, "reservations": everyday, "stockledgers": annotate, "journalpages": readVerbs},
		clientRole:                     {"reservations": {"create", "update", "get", "list"}, "stockitems": {"get"}},
		"inventory-stockitem-editor":   {"stockitems": everyday},
		"inventory-reservation-editor": {"reservations": everyday},
		"inventory-stockledger-editor": {"stockledgers": annotate},
		"inventory-journal-reader":     {"stockledgers": {"get", "patch"}, "journalpages": readVerbs},
		"inventory-restorer":           {"stockitems": readVerbs, "reservations": readVerbs, "stockledgers": annotate, "journalpages": readVerbs},
	}
	for _, kind := range kinds {
		viewer[kind] = readVerbs
		all["inventory-"+strings.TrimSuffix(kind, "s")+"-viewer"] = map[string][]string{kind: readVerbs}
	}
	return all
}

// What each role may do is asked of the API server's own authorizer, for every
// verb on every resource.
func TestRolesAllow(t *testing.T) {
	applyRoles(t)
	namespace := newNamespace(t)
	for role, may := range roles() {
		checkRights(t, namespace, bindUser(t, namespace, role, may), may)
	}
}

// kinds are all of ours, as resources.
var kinds = []string{"stockitems", "reservations", "stockledgers", "journalpages"}

var readVerbs = []string{"get", "list", "watch"}

// checkRights asks for every verb on every kind of ours and its status. may has the verbs
// that are to be allowed, by resource, such as stockitems/status.
func checkRights(t *testing.T, namespace, user string, may map[string][]string) {
	t.Helper()
	verbs := []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}
	for _, kind := range kinds {
		for _, subresource := range []string{"", "status"} {
			what := strings.TrimSuffix(kind+"/"+subresource, "/")
			for _, verb := range verbs {
				want := slices.Contains(may[what], verb)
				if got := isAllowed(t, namespace, user, access{verb, v1.GroupVersion.Group, kind, subresource}); got != want {
					t.Errorf("%s: %s %s is allowed: %t, want %t", user, verb, what, got, want)
				}
			}
		}
	}
}

// The same as a person meets it: requests of a viewer and an editor.
func TestRolesAtWork(t *testing.T) {
	applyRoles(t)
	namespace := newNamespace(t)
	viewer, editor := actAs(t, bindUser(t, namespace, viewerRole, roles()[viewerRole])), actAs(t, bindUser(t, namespace, editorRole, roles()[editorRole]))
	stock := func(c dynamic.Interface) dynamic.ResourceInterface {
		return c.Resource(stockItems).Namespace(namespace)
	}
	ledger := func(c dynamic.Interface) dynamic.ResourceInterface { return c.Resource(ledgers).Namespace(namespace) }
	page := func(c dynamic.Interface) dynamic.ResourceInterface { return c.Resource(pages).Namespace(namespace) }

	made, err := stock(editor).Create(t.Context(), newStockItem(set("status", map[string]any{"onHand": int64(5)})), metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("an editor cannot make a StockItem: %v", err)
	}
	updated, err := stock(editor).Update(t.Context(), changed(made, set("status", map[string]any{"onHand": int64(5)})), metav1.UpdateOptions{})
	if err != nil {
		t.Fatalf("an editor cannot update a StockItem: %v", err)
	}
	for answer, o := range map[string]*object{"create": made, "update": updated} {
		if diff := cmp.Diff(map[string]any{"observedGeneration": int64(-1)}, o.Object["status"]); diff != "" {
			t.Errorf("an editor wrote a status with %s: %s", answer, diff)
		}
	}
	if _, err := stock(viewer).Get(t.Context(), made.GetName(), metav1.GetOptions{}); err != nil {
		t.Errorf("a viewer cannot read a StockItem: %v", err)
	}

	stored, err := client.Resource(pages).Namespace(namespace).Create(t.Context(), newPage(), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := page(viewer).Get(t.Context(), stored.GetName(), metav1.GetOptions{}); err != nil {
		t.Errorf("a viewer cannot read a JournalPage: %v", err)
	}
	if _, err := client.Resource(ledgers).Namespace(namespace).Create(t.Context(), newLedger(), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, annotation := range []string{v1.AuditRequestedAnnotation, v1.RepairAnnotation} {
		patch := []byte(`{"metadata":{"annotations":{"` + annotation + `":"now"}}}`)
		if _, err := ledger(editor).Patch(t.Context(), v1.LedgerName, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			t.Errorf("an editor cannot annotate a StockLedger with %s: %v", annotation, err)
		}
	}

	status := []byte(`{"status":{"onHand":5}}`)
	refused := map[string]func() error{
		"viewer creates a StockItem": func() error {
			_, err := stock(viewer).Create(t.Context(), newStockItem(), metav1.CreateOptions{})
			return err
		},
		"viewer deletes a StockItem": func() error {
			return stock(viewer).Delete(t.Context(), made.GetName(), metav1.DeleteOptions{})
		},
		"editor patches a status": func() error {
			_, err := stock(editor).Patch(t.Context(), made.GetName(), types.MergePatchType, status, metav1.PatchOptions{}, "status")
			return err
		},
		"editor updates a status": func() error {
			_, err := stock(editor).UpdateStatus(t.Context(), updated, metav1.UpdateOptions{})
			return err
		},
		"editor makes a StockLedger": func() error {
			_, err := ledger(editor).Create(t.Context(), newLedger(), metav1.CreateOptions{})
			return err
		},
		"editor deletes a StockLedger": func() error {
			return ledger(editor).Delete(t.Context(), v1.LedgerName, metav1.DeleteOptions{})
		},
		"editor names another journal": func() error {
			_, err := ledger(editor).Patch(t.Context(), v1.LedgerName, types.MergePatchType, []byte(`{"status":{"journal":null}}`), metav1.PatchOptions{}, "status")
			return err
		},
		"editor makes a JournalPage": func() error {
			_, err := page(editor).Create(t.Context(), changed(newPage(), func(o *object) { o.SetName("journal-1") }), metav1.CreateOptions{})
			return err
		},
		"editor labels a JournalPage": func() error {
			_, err := page(editor).Patch(t.Context(), stored.GetName(), types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`), metav1.PatchOptions{})
			return err
		},
		"editor deletes all StockLedgers": func() error {
			return ledger(editor).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{})
		},
		"editor deletes all JournalPages": func() error {
			return page(editor).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{})
		},
		"editor deletes a JournalPage": func() error {
			return page(editor).Delete(t.Context(), stored.GetName(), metav1.DeleteOptions{})
		},
	}
	for name, try := range refused {
		if err := try(); !apierrors.IsForbidden(err) {
			t.Errorf("%s: got %v, want it forbidden", name, err)
		}
	}
	if err := stock(editor).Delete(t.Context(), made.GetName(), metav1.DeleteOptions{}); err != nil {
		t.Errorf("an editor cannot delete a StockItem: %v", err)
	}
	if err := stock(editor).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
		t.Errorf("an editor cannot delete all StockItems: %v", err)
	}
}

// The cluster's own roles take ours up by label. No controller does so here, so
// the selectors of the real roles are matched with the labels of ours.
func TestRolesAggregate(t *testing.T) {
	applyRoles(t)
	for role := range roles() {
		want := map[string]bool{"view": false, "edit": false, "admin": false}
		switch {
		case role == viewerRole || role == editorRole: // the others say it all
		case role == clientRole, role == "inventory-journal-reader", role == "inventory-restorer": // nobody has it by another
		case strings.HasSuffix(role, "-viewer"):
			want["view"] = true // edit takes up view, and admin edit
		default:
			want["edit"], want["admin"] = true, true
		}
		ours, err := core.RbacV1().ClusterRoles().Get(t.Context(), role, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for name, taken := range want {
			theirs, err := core.RbacV1().ClusterRoles().Get(t.Context(), name, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := aggregates(t, theirs, ours); got != taken {
				t.Errorf("%s takes up %s: %t, want %t", name, role, got, taken)
			}
		}
	}
}

func aggregates(t *testing.T, into, role *rbacv1.ClusterRole) bool {
	t.Helper()
	if into.AggregationRule == nil {
		t.Fatalf("ClusterRole %s aggregates nothing", into.Name)
	}
	for _, s := range into.AggregationRule.ClusterRoleSelectors {
		selector, err := metav1.LabelSelectorAsSelector(&s)
		if err != nil {
			t.Fatal(err)
		}
		if selector.Matches(labels.Set(role.Labels)) {
			return true
		}
	}
	return false
}

func applyRoles(t *testing.T) {
	t.Helper()
	if err := controlplane.Apply(t.Context(), admin, "api-tests", configDir("default/namespace.yaml"), configDir("rbac")); err != nil {
		t.Fatal(err)
	}
}
