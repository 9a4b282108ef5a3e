package v1_test

import (
	"encoding/json"
	"math/rand"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/api/equality"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Whatever an object holds comes back from JSON, and from a deep copy.
func TestRoundTrip(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	const seeds = 200
	for kind, empty := range map[string]func() runtime.Object{
		"StockItem":       func() runtime.Object { return &v1.StockItem{} },
		"StockItemList":   func() runtime.Object { return &v1.StockItemList{} },
		"Reservation":     func() runtime.Object { return &v1.Reservation{} },
		"ReservationList": func() runtime.Object { return &v1.ReservationList{} },
		"StockLedger":     func() runtime.Object { return &v1.StockLedger{} },
		"StockLedgerList": func() runtime.Object { return &v1.StockLedgerList{} },
		"JournalPage":     func() runtime.Object { return &v1.JournalPage{} },
		"JournalPageList": func() runtime.Object { return &v1.JournalPageList{} },
	} {
		t.Run(kind, func(t *testing.T) {
			if _, err := scheme.New(v1.GroupVersion.WithKind(kind)); err != nil {
				t.Fatalf("not in the scheme: %v", err)
			}
			for seed := range int64(seeds) {
				full := empty()
				fuzzer.FuzzerFor(metafuzzer.Funcs, rand.NewSource(seed), serializer.NewCodecFactory(scheme)).Fill(full)
				checkCopy(t, seed, full)
				checkJSON(t, seed, full, empty())
			}
		})
	}
}

func checkCopy(t *testing.T, seed int64, full runtime.Object) {
	t.Helper()
	if twin := full.DeepCopyObject(); !equality.Semantic.DeepEqual(full, twin) {
		t.Fatalf("seed %d: a deep copy differs (-original +copy):\n%s", seed, cmp.Diff(full, twin))
	}
}

func checkJSON(t *testing.T, seed int64, full, read runtime.Object) {
	t.Helper()
	text, err := json.Marshal(full)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if err := json.Unmarshal(text, read); err != nil {
		t.Fatalf("seed %d: reading %s: %v", seed, text, err)
	}
	if !equality.Semantic.DeepEqual(full, read) {
		t.Fatalf("seed %d: read back it differs (-written +read):\n%s", seed, cmp.Diff(full, read, cmpopts.EquateEmpty()))
	}
}
