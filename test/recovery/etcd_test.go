package recovery

import (
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin"
	"github.com/acme/inventory-service/test/testbed"
)

// halt ends the API server and etcd, and go on begins them again.
func (p *place) halt() {
	p.Must(p.ControlPlane.KillAPIServer())
	p.Must(p.ControlPlane.KillEtcd())
}

func (p *place) goOn() {
	p.Must(p.ControlPlane.StartEtcd(p.Context()))
	p.Must(p.ControlPlane.StartAPIServer(p.Context()))
}

// etcd is restored from a backup: the journal goes on where that ends, and what was told later is
// unknown. With an export that is newer than the backup nothing of it is lost.
func TestEtcdRestored(t *testing.T) {
	p := placeOf(testbed.OwnWorld(t), t)
	data, backup := filepath.Join(p.ControlPlane.Dir(), "etcd"), filepath.Join(t.TempDir(), "etcd")
	held, _ := p.shop()
	p.operator.Kill()
	p.halt()
	p.Must(os.CopyFS(backup, os.DirFS(data)))
	p.goOn()

	o := p.Operate("--leader-elect=false")
	late := p.Ask(testbed.Reserve("late", testbed.PlainHTTP, testbed.Item("mug", 1)), o)
	p.Ask(testbed.Consume("shipped-late", testbed.PlainHTTP, held.Reservation), o)
	file := p.export(t)
	o.Kill()
	p.halt()
	p.Must(os.RemoveAll(data))
	p.Must(os.CopyFS(data, os.DirFS(backup)))
	p.goOn()

	o = p.Operate("--leader-elect=false")
	if got := o.Get("/reservations/" + late.Reservation); got.Code != 404 {
		t.Errorf("a cart that was told after the backup is answered %d: %s", got.Code, got.Body)
	}
	if again := p.Ask(testbed.Reserve("held", testbed.PlainHTTP, testbed.Item("mug", 2)), o); again.Reservation != held.Reservation {
		t.Errorf("a hold of the backup is %+v", again)
	}
	p.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Consumed == 3 })
	p.plugin(plugin.Refused, "restore", file, "--dry-run") // it lists what etcd does not know

	o.Kill()
	p.awaitRestore("true")
	p.Must(p.Client.DeleteAllOf(t.Context(), &v1.JournalPage{}, client.InNamespace(p.Namespace)))
	p.Must(p.Client.DeleteAllOf(t.Context(), &v1.StockLedger{}, client.InNamespace(p.Namespace)))
	o = p.Operate("--leader-elect=false")
	p.awaitReason(v1.ConditionRestored, v1.ReasonAwaitingRestore)
	p.refusesToSell(o, "early")
	p.plugin(plugin.Done, "restore", file)
	if again := p.Ask(testbed.Reserve("late", testbed.PlainHTTP, testbed.Item("mug", 1)), o); again.Reservation != late.Reservation {
		t.Errorf("a cart that was told after the backup is %+v", again)
	}
	p.AwaitItem("mug", func(i *v1.StockItem) bool {
		return i.Status.Consumed == 5 && i.Status.Reserved == 2 && i.Status.Available == 3
	})
	p.plugin(plugin.Done, "verify")
}
