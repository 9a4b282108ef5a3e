package publisher

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// ledgersAt is a cache that holds StockLedgers alone.
type ledgersAt struct {
	cache.Cache
	items []v1.StockLedger
}

func (l ledgersAt) List(_ context.Context, into client.ObjectList, _ ...client.ListOption) error {
	into.(*v1.StockLedgerList).Items = l.items
	return nil
}

// A cursor counts if this API server can have stored it: it is not above the
// version of its own ledger.
func TestResume(t *testing.T) {
	cases := map[string]struct {
		name, version, cursor string
		want                  uint64
	}{
		"as it was left":      {v1.LedgerName, "50", "40", 40},
		"the ledger's own":    {v1.LedgerName, "50", "50", 50},
		"of another server":   {v1.LedgerName, "50", "51", 0},
		"none yet":            {v1.LedgerName, "50", "", 0},
		"no number":           {v1.LedgerName, "50", "x", 0},
		"of no ledger of one": {"other", "50", "40", 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			l := v1.StockLedger{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: tc.name, ResourceVersion: tc.version}}
			l.Status.Cursor = tc.cursor
			p := &Publisher{options: Options{Cache: ledgersAt{items: []v1.StockLedger{l}}}, tracker: newTracker()}
			if err := p.resume(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, p.tracker.namespace("shop").start); diff != "" {
				t.Errorf("what counts as delivered begins (-want +got):\n%s", diff)
			}
		})
	}
}
