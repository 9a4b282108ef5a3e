package bearer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	testclock "k8s.io/utils/clock/testing"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m)) }

const audience = "https://broker.example/shop"

// account makes a ServiceAccount that may ask for tokens of itself alone, and returns a process's
// way to the API server as that account.
func account(t *testing.T, admin kubernetes.Interface, namespace string) *rest.Config {
	t.Helper()
	cp := controlplanetest.Shared(t)
	meta := metav1.ObjectMeta{Name: "inventory-operator", Namespace: namespace}
	_, err := admin.CoreV1().ServiceAccounts(namespace).Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: meta}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := cp.ServiceAccountKubeconfig(t.Context(), namespace, "inventory-operator", path); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// grant lets the account ask for tokens, as config/rbac does.
func grant(t *testing.T, admin kubernetes.Interface, namespace string) {
	t.Helper()
	meta := metav1.ObjectMeta{Name: "inventory-sink-token", Namespace: namespace}
	role := &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{""}, Resources: []string{"serviceaccounts/token"}, ResourceNames: []string{"inventory-operator"}, Verbs: []string{"create"},
	}}}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "inventory-operator", Namespace: namespace}},
	}
	if _, err := admin.RbacV1().Roles(namespace).Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.RbacV1().RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// The API server gives the process tokens of its own account for the audience, once the account
// may ask; they are kept, and renewed before they end or when one was refused.
func TestRequestedTokens(t *testing.T) {
	cp := controlplanetest.Shared(t)
	namespace := controlplanetest.Namespace(t, cp)
	admin := kubernetes.NewForConfigOrDie(cp.RESTConfig())
	clock := testclock.NewFakePassiveClock(time.Now())
	source, err := NewRequested(account(t, admin, namespace), audience, clock)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "serviceaccounts/token") {
		t.Fatalf("without the right to ask: %v", err)
	}
	grant(t, admin, namespace)
	first := source.wait(t)
	review := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: first, Audiences: []string{audience}}}
	review, err = admin.AuthenticationV1().TokenReviews().Create(t.Context(), review, metav1.CreateOptions{})
	if want := "system:serviceaccount:" + namespace + ":inventory-operator"; err != nil || !review.Status.Authenticated || review.Status.User.Username != want {
		t.Errorf("the token is that of %+v, %v", review.Status, err)
	}
	if again := source.wait(t); again != first {
		t.Error("a valid token is asked for again")
	}
	clock.SetTime(clock.Now().Add(49 * time.Minute))
	second := source.wait(t)
	if second == first {
		t.Error("the token is not renewed before it ends")
	}
	source.Refused(first)
	if source.wait(t) != second {
		t.Error("the refusal of an old token drops the new one")
	}
	source.Refused(second)
	if source.wait(t) == second {
		t.Error("a refused token is used again")
	}
}

// wait waits until the API server lets the process have a token: rights take a moment.
func (r *Requested) wait(t *testing.T) string {
	t.Helper()
	var err error
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(10 * time.Millisecond) {
		var token string
		if token, err = r.Token(t.Context()); err == nil {
			return token
		}
	}
	t.Fatal(err)
	return ""
}

// While the API server is away, the last token is used for as long as it is valid.
func TestRenewalOutlastsAnOutage(t *testing.T) {
	config := &rest.Config{Host: "http://127.0.0.1:1"}
	now := time.Now()
	clock := testclock.NewFakePassiveClock(now)
	source, err := NewRequested(config, audience, clock)
	if err != nil {
		t.Fatal(err)
	}
	source.token, source.renewAt, source.expires = "t0ken", now.Add(-time.Second), now.Add(time.Minute)
	if token, err := source.Token(t.Context()); err != nil || token != "t0ken" {
		t.Errorf("%q, %v", token, err)
	}
	clock.SetTime(now.Add(time.Minute))
	if token, err := source.Token(t.Context()); err == nil || strings.Contains(err.Error(), "t0ken") {
		t.Errorf("a token that has ended: %q, %v", token, err)
	}
}

// Who is no ServiceAccount is told what to do.
func TestOnlyServiceAccountsHaveTokens(t *testing.T) {
	source, err := NewRequested(controlplanetest.Shared(t).RESTConfig(), audience, testclock.NewFakePassiveClock(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "--sink-token-file") {
		t.Errorf("%v", err)
	}
}
