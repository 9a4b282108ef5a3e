package v1_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Every tally of a namespace has a name of its own that an object can have.
func TestTallyNames(t *testing.T) {
	seen := map[string]bool{}
	for shard := range int32(v1.MaxTallies) {
		name := v1.TallyName(shard)
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 || seen[name] {
			t.Errorf("tally %d is named %s: %v", shard, name, problems)
		}
		seen[name] = true
	}
}
