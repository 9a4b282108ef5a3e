package chaos

import (
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// pair is a control plane of two API servers on one etcd, with an operator at
// each of them that is started again whenever it ends.
type pair struct {
	*dynasty
	second  *controlplane.APIServer
	bridges []string // of the operator at the first API server, and at the second
}

// TestServersKilled kills etcd, both API servers, or one of them with SIGKILL while
// clients shop, and starts them again. Data are kept, and etcd syncs to disk.
func TestServersKilled(t *testing.T) {
	t.Parallel()
	rounds := faultreport.Rounds(t, 3)
	fault := faultreport.Begin(t, "kube-apiserver or etcd SIGKILL")
	w := testbed.OwnWorld(t)
	second, err := w.ControlPlane.AddAPIServer(t.Context(), controlplane.APIServerOptions{})
	w.Must(err)
	p := &pair{dynasty: found(w, fault), second: second}
	beside := *w
	beside.Kubeconfig = kubeconfigAt(w, second.URL(), nil)
	p.bridges = []string{w.Supervise(p.flags...), beside.Supervise(p.flags...)}
	t.Log("clients draw from seed 1")
	p.shoppers = shop(w, 1, 4, []string{"mug", "plate", "bowl"}, func() []string { return p.bridges })
	for round := range rounds {
		p.shoppers.awaitMore(10)
		back := []func() time.Time{p.killEtcd, p.killOne, p.killBoth, p.killOther, p.killAll}[round%5]()
		fault.Injected(1)
		took := p.probe(p.bridges...).Sub(back)
		t.Logf("an outcome was told after %v", took.Round(time.Millisecond))
		fault.Recovered(took, serverLimit)
	}
	p.end()
}

func (p *pair) killEtcd() time.Time {
	p.Helper()
	p.Log("etcd is killed")
	p.Must(p.ControlPlane.KillEtcd())
	p.Must(p.ControlPlane.StartEtcd(p.Context()))
	return time.Now()
}

// killOne kills the first API server. The operator at the other one serves
// meanwhile, once it leads.
func (p *pair) killOne() time.Time {
	p.Helper()
	p.Log("one of two API servers is killed")
	p.Must(p.ControlPlane.KillAPIServer())
	p.meanwhile(p.bridges[1])
	p.Must(p.ControlPlane.StartAPIServer(p.Context()))
	return time.Now()
}

func (p *pair) killOther() time.Time {
	p.Helper()
	p.Log("the other one of two API servers is killed")
	p.Must(p.second.Kill())
	p.meanwhile(p.bridges[0])
	p.Must(p.second.Start(p.Context()))
	return time.Now()
}

// meanwhile waits until clients are served through one bridge alone.
func (p *pair) meanwhile(bridge string) {
	p.Helper()
	began := time.Now()
	took := p.probe(bridge).Sub(began)
	p.Logf("the other operator told an outcome after %v", took.Round(time.Millisecond))
	p.fault.Checked(1)
	if took > serverLimit {
		p.fault.Violated("with one API server away an outcome took %v, want at most %v", took, serverLimit)
	}
}

func (p *pair) killBoth() time.Time {
	p.Helper()
	p.Log("both API servers are killed")
	p.Must(p.ControlPlane.KillAPIServer())
	p.Must(p.second.Kill())
	p.Must(p.ControlPlane.StartAPIServer(p.Context()))
	back := time.Now()
	p.Must(p.second.Start(p.Context()))
	return back
}

func (p *pair) killAll() time.Time {
	p.Helper()
	p.Log("etcd and both API servers are killed")
	p.Must(p.ControlPlane.KillEtcd())
	p.Must(p.ControlPlane.KillAPIServer())
	p.Must(p.second.Kill())
	p.Must(p.ControlPlane.StartEtcd(p.Context()))
	p.Must(p.ControlPlane.StartAPIServer(p.Context()))
	back := time.Now()
	p.Must(p.second.Start(p.Context()))
	return back
}
