package e2e

import (
	"net"
	"net/http"
	"strings"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/test/testbed"
)

// audience is what --audience says where it says nothing.
const audience = "inventory-bridge"

// TestAccess: two replicas that run with the shipped roles alone ask who calls them, each
// itself, and what the API server allows is done, at whichever of them it is asked for.
func TestAccess(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	other := testbed.NewWorld(t)
	// All that can be logged is: no token may be in it.
	flags := []string{"--authentication", "tokenreview", "--zap-log-level", "10", "--namespaces", w.Namespace + "," + other.Namespace}
	replicas := []*testbed.Operator{w.Operate(flags...), w.Operate(flags...)}
	w.Stock("mug", "mug", "amsterdam", 20)
	other.Stock("mug", "mug", "amsterdam", 20)

	account := controlplanetest.NewAccount(t, w.ControlPlane, w.Namespace, "checkout")
	account.Bind(w.Namespace, "inventory-client")
	viewer := controlplanetest.NewAccount(t, w.ControlPlane, w.Namespace, "warehouse")
	viewer.Bind(w.Namespace, "inventory-viewer")
	tenant := controlplanetest.NewAccount(t, w.ControlPlane, other.Namespace, "tenant")
	tenant.Bind(other.Namespace, "inventory-editor")
	token, viewing, theirs := account.Token(audience), viewer.Token(audience), tenant.Token(audience)
	cart := `{"cartId":"c","items":[{"productId":"mug","quantity":1}]}`
	as := func(token string) []string { return []string{"Authorization", "Bearer " + token} }

	for i, o := range replicas {
		for _, kept := range [][]string{nil, as(account.Token()), as("made-up")} {
			o.Post("/reservations", cart, kept...).Want(t, http.StatusUnauthorized)
		}
		for _, other := range []string{viewing, theirs} {
			o.Post("/reservations", cart, as(other)...).Want(t, http.StatusForbidden)
		}
		o.Request(http.MethodGet, "/stock/mug", nil, as(theirs)...).Want(t, http.StatusForbidden)
		o.Request(http.MethodGet, "/stock/mug", nil, as(viewing)...).Want(t, http.StatusOK)
		o.Request(http.MethodPost, "/", []byte(cart), append(as(theirs), "Content-Type", "application/json", "Kn-Namespace", w.Namespace,
			"ce-specversion", "1.0", "ce-id", "1", "ce-source", "/checkout", "ce-type", "com.acme.inventory.reserve.v1")...).
			Want(t, http.StatusForbidden)
		o.Request(http.MethodPost, "/namespaces/"+other.Namespace+"/reservations", []byte(cart), as(theirs)...).Want(t, http.StatusCreated)

		var got outcome
		o.Post("/reservations", cart, as(token)...).Want(t, http.StatusCreated).Decode(t, &got)
		at := "/reservations/" + got.ReservationID
		o.Request(http.MethodGet, at, nil, as(viewing)...).Want(t, http.StatusOK)
		o.Request(http.MethodGet, at, nil, as(theirs)...).Want(t, http.StatusForbidden)
		o.Post(at+"/release", "", as(viewing)...).Want(t, http.StatusForbidden)
		end, phase := "/release", v1.PhaseReleased
		if i > 0 {
			end, phase = "/consume", v1.PhaseConsumed
		}
		o.Post(at+end, "", as(token)...).Want(t, http.StatusOK)
		w.AwaitPhase(got.ReservationID, phase)
		o.Get("/healthz").Want(t, http.StatusOK)
	}
	for _, o := range replicas {
		o.Stop()
		for name, token := range map[string]string{"checkout": token, "warehouse": viewing, "tenant": theirs} {
			if signature := token[strings.LastIndex(token, ".")+1:]; strings.Contains(o.Log(), signature) {
				t.Errorf("the token of %s is in the log", name)
			}
		}
	}
}

// TestExposed: a bridge that asks nobody who they are says so loudly, unless this machine alone
// reaches it; /livez and /readyz have a port of their own.
func TestExposed(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	_, port, err := net.SplitHostPort(testbed.FreeAddress(w))
	w.Must(err)
	health := testbed.FreeAddress(w)
	exposed := w.LaunchAt("0.0.0.0:"+port, w.Kubeconfig, "--health-address", health)
	exposed.AwaitReady()
	for _, path := range []string{"/livez", "/readyz", "/readyz/namespaces"} {
		response, err := http.Get("http://" + health + path)
		w.Must(err)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s is %s", path, response.Status)
		}
	}
	exposed.Stop() // what it has logged is read to the end once it is gone
	if said := exposed.Log(); !strings.Contains(said, "WITHOUT AUTHENTICATION") || !strings.Contains(said, "error") {
		t.Errorf("it says %q", said)
	}
	hidden := w.Operate()
	hidden.Stop()
	if strings.Contains(hidden.Log(), "WITHOUT AUTHENTICATION") {
		t.Errorf("it says %q", hidden.Log())
	}
	// Asking who calls takes rights: without the token's audience nothing starts.
	silent := w.Launch(w.Kubeconfig, "--authentication", "tokenreview", "--audience", " ")
	testbed.AwaitClosed(w, silent.Exited, "the end of an operator without an audience")
	if !strings.Contains(silent.Log(), "--audience") {
		t.Errorf("it says %q", silent.Log())
	}
}
