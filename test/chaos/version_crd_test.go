package chaos

import (
	"path/filepath"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/test/earlier"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// TestCRDsFirstAndLast upgrades a cluster that has the API and the rights of the earlier version,
// in both orders, while clients shop. First as the guide says: the API and the rights, then the
// operator. Then the wrong way round: the operator without them. Neither loses a command, and
// what a spec says that was not known before counts once this version has started beside the API.
func TestCRDsFirstAndLast(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, "API before and after the operator")
	for name, apiFirst := range map[string]bool{"the API first": true, "the API last": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, err := filepath.Abs("../..")
			if err != nil {
				t.Fatal(err)
			}
			before := earlier.Files(t, "config")
			cp := controlplanetest.Start(t, controlplane.Options{UnsafeNoFsync: true}, api(before)...)
			w := testbed.WorldOn(t, cp)
			v := versionsOf(w)
			d := found(w, fault)
			d.sink.Compared = everyVersionTells
			v.old.use(w)
			d.reign(1)
			apply := func() {
				d.shoppers.awaitMore(10)
				w.Must(controlplane.Apply(w.Context(), cp.RESTConfig(), "upgrade", api(root)...))
				// At once, before any operator has seen the new API: it takes in what it knows.
				w.Declare("endless", "download", "web", 0)
				w.PatchItem("endless", `{"spec":{"tracking":"Unlimited"}}`)
				w.AwaitItem("endless", func(i *v1.StockItem) bool { return i.Status.ObservedGeneration == i.Generation })
				d.shoppers.awaitMore(10)
			}
			upgrade := func() {
				v.now.use(w)
				d.reserve()
				d.shoppers.awaitMore(10)
				d.succeed(terminate)
				d.crown()
				d.shoppers.awaitMore(10)
			}
			if apiFirst {
				apply()
				upgrade()
			} else {
				upgrade()
				apply()
				upgrade() // a watch that was open goes on without the new fields for minutes
			}
			fault.Injected(1)
			w.AwaitItem("endless", func(i *v1.StockItem) bool { return i.Status.Available == 1_000_000_000 })
			d.shoppers.stop()
			d.Settle()
			audited(w, fault, "this version")
			d.end()
		})
	}
}

// api are the manifests of a version that a cluster has to have before its operator.
func api(root string) []string {
	return []string{
		filepath.Join(root, "config/default/namespace.yaml"),
		filepath.Join(root, "config/crd"),
		filepath.Join(root, "config/rbac"),
	}
}
