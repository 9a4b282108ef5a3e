package chaos

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// TestCRDGoneAndBack deletes the CustomResourceDefinition of pages, and with it all pages,
// under load, and applies it again. Nothing is decided until somebody asks for the repair;
// nothing that was told is lost.
func TestCRDGoneAndBack(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, damageFault)
	w := testbed.OwnWorld(t)
	r := &ruin{dynasty: found(w, fault), kubeconfig: w.TempDir() + "/kubeconfig"}
	w.Must(w.ControlPlane.WriteKubeconfig(r.kubeconfig))
	r.reign(1)
	r.reserve()
	r.shoppers.awaitMore(20)
	r.kubectl("delete", "customresourcedefinition", "journalpages.inventory.acme.com", "--timeout=60s")
	fault.Injected(1)
	crd, err := filepath.Abs("../../config/crd")
	w.Must(err)
	w.Must(controlplane.Apply(t.Context(), w.ControlPlane.RESTConfig(), "test", crd))
	request := r.awaitDamage(true)
	r.standsStill()
	asked := time.Now()
	r.ask(request)
	r.repaired(asked)
	for i, o := range []*replica{r.leader, r.standby} {
		if !o.Runs() {
			fault.Violated("operator %d ended by itself", i)
		}
	}
	r.end()
}
