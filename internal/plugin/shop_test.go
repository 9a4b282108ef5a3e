package plugin_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/plugin"
	"github.com/acme/inventory-service/test/testbed"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) {
	if err := os.Setenv("LC_ALL", "C.UTF-8"); err != nil { // bars are drawn by it
		panic(err)
	}
	os.Exit(testbed.Main(m))
}

// shop is a namespace with an operator, and somebody who runs the plugin there.
type shop struct {
	*testbed.World
	t          *testing.T
	kubeconfig string
	Operator   *testbed.Operator
}

// newShop is a shop that nobody decides in yet.
func newShop(t *testing.T) *shop {
	w := testbed.NewWorld(t)
	s := &shop{World: w, t: t, kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	w.Must(w.ControlPlane.WriteKubeconfig(s.kubeconfig))
	return s
}

// open starts an operator.
func (s *shop) open(flags ...string) *shop {
	s.Operator = s.Operate(append([]string{"--leader-elect=false"}, flags...)...)
	return s
}

// ran is what became of a command.
type ran struct {
	code     plugin.Code
	out, err string
}

// run runs the plugin as an administrator.
func (s *shop) run(arguments ...string) ran {
	s.Helper()
	return s.runWith(s.Context(), arguments...)
}

func (s *shop) runWith(ctx context.Context, arguments ...string) ran {
	s.Helper()
	var out, errOut bytes.Buffer
	streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut}
	code := plugin.Run(ctx, "test", append([]string{"--kubeconfig", s.kubeconfig, "--namespace", s.Namespace}, arguments...), streams)
	return ran{code, out.String(), errOut.String()}
}

// want runs the plugin and checks its exit code.
func (s *shop) want(code plugin.Code, arguments ...string) ran {
	s.Helper()
	r := s.run(arguments...)
	if r.code != code {
		s.Fatalf("%q ended with %d, want %d\n%s%s", arguments, r.code, code, r.out, r.err)
	}
	return r
}

// as is the same shop seen by somebody with a ClusterRole there, or with none.
func (s *shop) as(name, role string) *shop {
	s.Helper()
	clients, err := kubernetes.NewForConfig(s.ControlPlane.RESTConfig())
	s.Must(err)
	account := controlplanetest.NewAccount(s.t, s.ControlPlane, s.Namespace, name)
	if role != "" {
		s.bind(clients, name, role)
		account.AwaitRights(s.Namespace)
	}
	other := *s
	other.kubeconfig = filepath.Join(s.t.TempDir(), "kubeconfig")
	s.Must(s.ControlPlane.ServiceAccountKubeconfig(s.Context(), s.Namespace, name, other.kubeconfig))
	return &other
}

func (s *shop) bind(clients kubernetes.Interface, name, role string) {
	s.Helper()
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: name, Namespace: s.Namespace}},
	}
	if !strings.HasPrefix(role, "inventory-") {
		binding.RoleRef.Kind = "Role"
	}
	_, err := clients.RbacV1().RoleBindings(s.Namespace).Create(s.Context(), binding, metav1.CreateOptions{})
	s.Must(err)
}

// role makes a Role of our kinds' resources and verbs.
func (s *shop) role(name string, may map[string][]string) string {
	s.Helper()
	clients, err := kubernetes.NewForConfig(s.ControlPlane.RESTConfig())
	s.Must(err)
	r := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for resource, verbs := range may {
		r.Rules = append(r.Rules, rbacv1.PolicyRule{APIGroups: []string{v1.GroupVersion.Group}, Resources: []string{resource}, Verbs: verbs})
	}
	_, err = clients.RbacV1().Roles(s.Namespace).Create(s.Context(), r, metav1.CreateOptions{})
	s.Must(err)
	return name
}

// what is another at each run.
var changing = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "<uuid>"},
	{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`), "<time>"},
	{regexp.MustCompile(`\b[0-9a-f]{8}\.[0-9]+\.[0-9]+\b`), "<position>"},
	{regexp.MustCompile(`test-[a-z0-9]{5}\b`), "<namespace>"},
	{regexp.MustCompile(`"(resourceVersion|generation)": "?[0-9]+"?`), `"$1": <number>`},
	{regexp.MustCompile(`(\s)(?:(?:[0-9]+h)?(?:[0-9]+m)?[0-9]+s|[0-9]+[mh])\b`), "$1<while>"},
	{regexp.MustCompile(` {2,}`), "  "},
}

// golden compares a text with a file of testdata, but for what is another at each run.
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
