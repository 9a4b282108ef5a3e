package crdcompat

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/acme/inventory-service/test/earlier"
)

// accepted is what is not as it was since the earlier version, and why that is harmless to what is
// stored. A reason that is no longer needed fails the test.
var accepted = []struct{ difference, reason string }{
	{
		`Reservation.spec.consumeItems[].locationID: its default was "default" and is ""`,
		"stored lines have their location; a line that leaves it out is over all locations now, where it named one that few shops have",
	},
	{
		`Reservation.spec.releaseItems[].locationID: its default was "default" and is ""`,
		"as for consumeItems",
	},
	{
		"Reservation.spec.consumeItems: it has the new rule self.all(i, size(i.locationID) > 0 || self.filter(o, o.productID == i.productID).size() == 1)",
		"stored lines have a location each: the earlier schema filled it in",
	},
	{
		"Reservation.spec.releaseItems: it has the new rule self.all(i, size(i.locationID) > 0 || self.filter(o, o.productID == i.productID).size() == 1)",
		"as for consumeItems",
	},
	{
		"Reservation.status.allocations: maxItems is 1600 now",
		"no batch has room for more, and the status is a view that the operator writes again",
	},
	{"Reservation.status.allocations[].locationID: maxLength is 63 now", "it is that of a StockItem, which has no more"},
	{"Reservation.status.allocations[].productID: maxLength is 128 now", "it is that of a StockItem, which has no more"},
	{`Reservation.status: its default was {"phase":"Pending"} and is {}`, "phase has that default by itself"},
	{`StockItem.spec.received: its default was none and is 0`, "it was required, so every stored object has it"},
	{`StockItem.status: its default was none and is {}`, "what is in it has defaults, which say that no operator has seen the object"},
	{`StockLedger.status: its default was none and is {}`, "as for StockItem"},
	{`StockItem.status.observedGeneration: its default was none and is -1`, "it says that no operator has seen the object, as its absence did"},
}

// widened are patterns that take all that the earlier ones took, which TestWidened tries.
var widened = [][2]string{
	{`^[!-~]([ -~]*[!-~])?$`, `^[\p{L}\p{M}\p{N}\p{P}\p{S}]([\p{L}\p{M}\p{N}\p{P}\p{S} ]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?$`},
	{`^[!-~]([ -~]*[!-~])?$`, `^([!-~]([ -~]*[!-~])?)?$`},
}

// The CRDs take all that those of the earlier version took, and mean the same by it.
func TestCompatible(t *testing.T) {
	old := crds(t, filepath.Join(earlier.Files(t, "config/crd"), "config/crd"))
	now := crds(t, "../../config/crd")
	needed := map[string]bool{}
	for name, before := range old {
		later, ok := now[name]
		if !ok {
			t.Errorf("the CRD %s is gone", name)
			continue
		}
		for _, difference := range Compare(before, later) {
			if isWidened(difference) {
				continue
			}
			if !slices.ContainsFunc(accepted, func(a struct{ difference, reason string }) bool { return a.difference == difference }) {
				t.Errorf("not compatible with the earlier version: %s", difference)
			}
			needed[difference] = true
		}
	}
	for _, a := range accepted {
		if !needed[a.difference] {
			t.Errorf("there is no such difference any more: %s", a.difference)
		}
	}
}

// isWidened tells whether a difference is a pattern that takes more than before.
func isWidened(difference string) bool {
	return slices.ContainsFunc(widened, func(w [2]string) bool {
		return strings.HasSuffix(difference, "its pattern was "+w[0]+" and is "+w[1])
	})
}

// What an earlier pattern takes the later one takes too: all texts of up to three bytes.
func TestWidened(t *testing.T) {
	for _, w := range widened {
		before, now := regexp.MustCompile(w[0]), regexp.MustCompile(w[1])
		taken := 0
		for first := range 128 {
			for second := range 129 {
				for _, third := range []string{"", "a", " ", "~", "!"} {
					text := string(rune(first))
					if second < 128 {
						text += string(rune(second)) + third
					}
					if before.MatchString(text) {
						taken++
						if !now.MatchString(text) {
							t.Fatalf("%q is taken by %s and not by %s", text, before, now)
						}
					}
				}
			}
		}
		if taken < 1000 {
			t.Errorf("%s takes only %d texts", before, taken)
		}
	}
}

func crds(t *testing.T, dir string) map[string]*v1.CustomResourceDefinition {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "inventory.acme.com_*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no CRDs in %s: %v", dir, err)
	}
	all := map[string]*v1.CustomResourceDefinition{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		crd := &v1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(text, crd); err != nil {
			t.Fatal(err)
		}
		all[crd.Name] = crd
	}
	return all
}
