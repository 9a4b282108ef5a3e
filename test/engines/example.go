package engines

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/yaml"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// PlayExample has an engine carry out the two shops of config/gitops, whose namespaces have the
// names that they have there. The policies bind.
func PlayExample(t *testing.T, p Player) {
	w := testbed.NewWorld(t)
	root, err := testbed.ModuleRoot()
	w.Must(err)
	w.Operate("--leader-elect=false", "--namespaces", "shop,outlet", "--default-namespace", "shop")
	for _, name := range []string{"shop", "outlet"} {
		folder := filepath.Join(root, "config/gitops/shops", name)
		Kubectl(t, w.ControlPlane, "apply", "--server-side", "-f", filepath.Join(folder, "namespace.yaml"))
		there := *w
		there.Namespace = name
		s := &stage{World: &there, Player: p, engine: p.New(&there)}
		s.ProtectStock()
		git := itemsOf(s, Kubectl(t, w.ControlPlane, "kustomize", folder))
		s.sync(git...)
		for _, o := range git {
			s.served(o.GetName())
		}
		before := s.footprints()
		s.differs(nil, git...)
		s.sync(git...)
		if diff := cmp.Diff(before, s.footprints()); diff != "" {
			t.Errorf("%s is written again (-before +after):\n%s", name, diff)
		}
		if name == "shop" {
			if said := s.refused(with(git[0], "received", int64(1)), git[1], git[2]); !strings.Contains(said, v1.LowerReceivedToAnnotation) {
				t.Errorf("the engine says %q, want what to do next", said)
			}
		}
	}
}

// itemsOf are the StockItems of a text.
func itemsOf(s *stage, text string) (items []*Object) {
	s.Helper()
	documents := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), len(text))
	for {
		o := &Object{}
		err := documents.Decode(&o.Object)
		if errors.Is(err, io.EOF) {
			return items
		}
		s.Must(err)
		if o.GetKind() == itemKind.Kind {
			items = append(items, o)
		}
	}
}
