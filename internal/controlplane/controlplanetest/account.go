package controlplanetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/keyutil"

	"github.com/acme/inventory-service/internal/controlplane"
)

// Account is a ServiceAccount of a test.
type Account struct {
	Namespace, Name string

	tb     testing.TB
	client kubernetes.Interface
	keyPEM string // the file of the key that signs tokens
}

// NewAccount makes a ServiceAccount, unless there is one.
func NewAccount(tb testing.TB, cp *controlplane.ControlPlane, namespace, name string) Account {
	tb.Helper()
	client, err := kubernetes.NewForConfig(cp.RESTConfig())
	if err != nil {
		tb.Fatal(err)
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := client.CoreV1().ServiceAccounts(namespace).Create(tb.Context(), account, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		tb.Fatal(err)
	}
	return Account{Namespace: namespace, Name: name, tb: tb, client: client, keyPEM: cp.SigningKeyFile()}
}

// User is the name that Kubernetes knows the account by.
func (a Account) User() string { return "system:serviceaccount:" + a.Namespace + ":" + a.Name }

// Token returns a token for audiences; for none it is one for the API server.
func (a Account) Token(audiences ...string) string {
	a.tb.Helper()
	answer, err := a.client.CoreV1().ServiceAccounts(a.Namespace).CreateToken(a.tb.Context(), a.Name,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: audiences}}, metav1.CreateOptions{})
	if err != nil {
		a.tb.Fatal(err)
	}
	return answer.Status.Token
}

// TokenUntil returns a token that expires at a time, which may have been.
func (a Account) TokenUntil(end time.Time, audiences ...string) string {
	a.tb.Helper()
	parts := strings.Split(a.Token(audiences...), ".")
	encoding := base64.RawURLEncoding
	text, err := encoding.DecodeString(parts[1])
	if err != nil {
		a.tb.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(text, &claims); err != nil {
		a.tb.Fatal(err)
	}
	begin := min(end.Unix(), time.Now().Unix()) - 600
	claims["exp"], claims["nbf"], claims["iat"] = end.Unix(), begin, begin
	if text, err = json.Marshal(claims); err != nil {
		a.tb.Fatal(err)
	}
	signed := parts[0] + "." + encoding.EncodeToString(text)
	return signed + "." + encoding.EncodeToString(a.sign(signed))
}

// sign signs a text as ES256 has it.
func (a Account) sign(text string) []byte {
	a.tb.Helper()
	private, err := keyutil.PrivateKeyFromFile(a.keyPEM)
	if err != nil {
		a.tb.Fatal(err)
	}
	key, ok := private.(*ecdsa.PrivateKey)
	if !ok {
		a.tb.Fatalf("tokens are signed by a %T", private)
	}
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		a.tb.Fatal(err)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

// Bind gives the account a ClusterRole in a namespace, and waits until that counts: the role
// has to allow to get StockItems, as all of ours for people and programs do.
func (a Account) Bind(namespace, role string) {
	a.tb.Helper()
	_, err := a.client.RbacV1().RoleBindings(namespace).Create(a.tb.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role + "-of-" + a.Namespace + "-" + a.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: a.Namespace, Name: a.Name}},
	}, metav1.CreateOptions{})
	if err != nil {
		a.tb.Fatal(err)
	}
	a.AwaitRights(namespace)
}

// AwaitRights waits until the API server, which learns of roles and bindings by a watch, lets the
// account get StockItems in a namespace.
func (a Account) AwaitRights(namespace string) {
	a.tb.Helper()
	a.await(namespace, true)
}

// Unbind takes the ClusterRole back, and waits until the API server says so.
func (a Account) Unbind(namespace, role string) {
	a.tb.Helper()
	name := role + "-of-" + a.Namespace + "-" + a.Name
	if err := a.client.RbacV1().RoleBindings(namespace).Delete(a.tb.Context(), name, metav1.DeleteOptions{}); err != nil {
		a.tb.Fatal(err)
	}
	a.await(namespace, false)
}

// Delete deletes the account, and with it all of its tokens.
func (a Account) Delete() {
	a.tb.Helper()
	if err := a.client.CoreV1().ServiceAccounts(a.Namespace).Delete(a.tb.Context(), a.Name, metav1.DeleteOptions{}); err != nil {
		a.tb.Fatal(err)
	}
}

// await waits until the authorizer has learned of a binding, or of its end, by its watch.
func (a Account) await(namespace string, allowed bool) {
	a.tb.Helper()
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: a.User(), ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: "get", Group: "inventory.acme.com", Resource: "stockitems",
		},
	}}
	err := wait.PollUntilContextTimeout(a.tb.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		answer, err := a.client.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		return err == nil && answer.Status.Allowed == allowed, err
	})
	if err != nil {
		a.tb.Fatalf("that %s may get StockItems in %s never becomes %t: %v", a.User(), namespace, allowed, err)
	}
}
