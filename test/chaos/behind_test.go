package chaos

import (
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/tcpproxy"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// etcdKeys are where the API server keeps the project's objects.
const etcdKeys = "/registry/inventory.acme.com/"

// past is a control plane with one API server that can be kept in the past: what
// stands between it and etcd is held back.
type past struct {
	*dynasty
	proxy *tcpproxy.Proxy
	// stale is the kubeconfig for the API server that is kept in the past.
	stale  string
	server *controlplane.APIServer
}

// TestAPIServerBehind has operators work with an API server that knows nothing of
// what happens at the other one, while clients shop. What they must know they wait
// for, and sell nothing twice.
func TestAPIServerBehind(t *testing.T) {
	t.Parallel()
	rounds := faultreport.Rounds(t, 2)
	fault := faultreport.Begin(t, "API server behind")
	w := testbed.OwnWorld(t)
	kinds := []string{"journalpages", "stockitems", "reservations"}
	proxy, err := tcpproxy.Listen(strings.TrimPrefix(w.ControlPlane.EtcdURL(), "http://"),
		etcdKeys+kinds[0], etcdKeys+kinds[1], etcdKeys+kinds[2])
	w.Must(err)
	t.Cleanup(proxy.Close)
	server, err := w.ControlPlane.AddAPIServer(t.Context(), controlplane.APIServerOptions{EtcdURL: "http://" + proxy.Address()})
	w.Must(err)
	p := &past{
		dynasty: found(w, fault), proxy: proxy,
		stale: kubeconfigAt(w, server.URL(), nil), server: server,
	}
	p.reign(1)
	p.warm()
	for round := range rounds {
		p.shoppers.awaitMore(10)
		if round%2 == 0 {
			p.takeOverBehind(kinds[round/2%3])
		} else {
			p.startBehind()
		}
		fault.Injected(1)
	}
	p.end()
}

// warm has the API server that is to be behind read every kind once: it opens its
// watch of a custom resource with the first request for it.
func (p *past) warm() {
	p.Helper()
	for _, kind := range []string{"reservations", "stockitems", "stockledgers", "journalpages"} {
		_, err := newView(p.World, kind, p.server.RESTConfig()).behind.List(p.Context(), metav1.ListOptions{})
		p.Must(err)
	}
}

// takeOverBehind kills the leader while the standby's API server is kept in the
// past as to one kind. What the standby decides before it sees the present, if anything,
// is right: it reads past what is old, or waits.
func (p *past) takeOverBehind(kind string) {
	p.Helper()
	p.Logf("the leader is killed while %s are held back from the standby", kind)
	p.appoint(&replica{Operator: p.Launch(p.stale, p.flags...)})
	p.proxy.FreezeMarked(etcdKeys + kind)
	p.shoppers.awaitMore(20)
	leaders, decided := p.leaders(), p.decided()
	kill(p.leader)
	p.look(kind)
	p.Logf("%d more operators lead and %d more carts are decided meanwhile", p.leaders()-leaders, p.decided()-decided)
	p.thaw()
	p.crown()

	// Back to the API server that is up to date.
	p.reserve()
	p.succeed(terminate)
	p.crown()
}

// startBehind starts an operator that believes it leads, with an API server that is
// kept in the past, while the leader goes on with the other one.
func (p *past) startBehind() {
	p.Helper()
	p.Log("an operator that believes it leads is started on an API server that is held back")
	p.proxy.Freeze()
	p.shoppers.awaitMore(20)
	leaders := p.leaders()
	late := &replica{Operator: p.Launch(p.stale, append([]string{"--leader-elect=false"}, p.flags...)...)}
	p.look("reservations")
	p.fault.Checked(1)
	if p.leaders() > leaders {
		p.fault.Violated("an operator took the journal over without having seen the present")
	}
	p.Logf("the operator that was started in the past calls itself ready: %v", ready(late))
	p.proxy.Thaw()
	thawed := time.Now()
	p.appoint(late)
	p.fault.Recovered(p.probe(late.Bridge).Sub(thawed), serverLimit)
	p.watched.Await("both operators write the journal", func() bool { return len(p.watched.Leaders) > leaders })
	p.shoppers.awaitMore(20)
	p.dismiss()
	late.Kill()
}

// thaw lets the API server see the present, and measures from then.
func (p *past) thaw() {
	p.Helper()
	p.proxy.Thaw()
	thawed := time.Now()
	took := p.probe(p.standby.Bridge).Sub(thawed)
	p.Logf("the API server sees the present, and an outcome was told after %v", took.Round(time.Millisecond))
	p.fault.Recovered(took, serverLimit)
}

// look reads from the API server that is behind in every way, and tells what
// became of it. It lasts as long as the most patient read.
func (p *past) look(resource string) {
	p.Helper()
	newest, all := newView(p.World, resource, p.server.RESTConfig()).compare()
	behind := false
	for _, s := range all {
		p.Logf("%s %s: %s", resource, s.name, s.what(newest))
		old := s.err == nil && s.revision < newest
		behind = behind || old
		p.fault.Checked(1)
		if old && !s.old {
			p.fault.Violated("%s of %s showed the past, and the operator relies on it", s.name, resource)
		}
	}
	if !behind {
		p.Errorf("the API server was not behind: no way to read %s showed the past", resource)
	}
}

func (p *past) decided() (count int) {
	p.watched.Await("decisions", func() bool { count = p.watched.Decided; return true })
	return count
}

// ready tells whether an operator calls itself ready. One that does not answer at
// once is not.
func ready(r *replica) bool {
	asking := http.Client{Timeout: time.Second}
	answer, err := asking.Get(r.Bridge + "/readyz")
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}
