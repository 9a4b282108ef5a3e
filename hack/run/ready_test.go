package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

func stockItem(product string, available, observed int64, ready metav1.ConditionStatus) v1.StockItem {
	item := v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Name: product, Generation: 2},
		Spec:       v1.StockItemSpec{ProductID: product},
		Status:     v1.StockItemStatus{Available: available, ObservedGeneration: observed},
	}
	if ready != "" {
		item.Status.Conditions = []metav1.Condition{{Type: v1.ConditionReady, Status: ready}}
	}
	return item
}

func TestSettled(t *testing.T) {
	serving := stockItem("mug", 5, 2, metav1.ConditionTrue)
	for name, tt := range map[string]struct {
		item v1.StockItem
		want bool
	}{
		"serving":     {serving, true},
		"a duplicate": {stockItem("cup", 0, 2, metav1.ConditionFalse), true},
		"new":         {stockItem("cup", 0, 0, ""), false},
		"changed":     {stockItem("cup", 5, 1, metav1.ConditionTrue), false},
	} {
		t.Run(name, func(t *testing.T) {
			err := settled([]v1.StockItem{serving, tt.item})
			if (err == nil) != tt.want {
				t.Errorf("got %v, want settled %t", err, tt.want)
			}
		})
	}
}

func TestTaken(t *testing.T) {
	for name, tt := range map[string]struct {
		now, before string
		items       int
		want        bool
	}{
		"the first one":        {"a", "", 1, true},
		"nobody yet":           {"", "", 1, false},
		"nothing to lead":      {"", "", 0, true},
		"still the one before": {"a", "a", 1, false},
		"nobody any more":      {"", "a", 1, false},
		"without stock":        {"", "a", 0, false},
		"another one":          {"b", "a", 0, true},
	} {
		if got := taken(tt.now, tt.before, tt.items); got != tt.want {
			t.Errorf("%s: %t, want %t", name, got, tt.want)
		}
	}
}

func TestProductToTry(t *testing.T) {
	few, many := stockItem("few", tryUnits-1, 2, metav1.ConditionTrue), stockItem("many", tryUnits, 2, metav1.ConditionTrue)
	for name, tt := range map[string]struct {
		items []v1.StockItem
		want  string
	}{
		"one that suffices": {[]v1.StockItem{few, many}, "many"},
		"none suffices":     {[]v1.StockItem{few}, "few"},
		"no stock":          {nil, sampleProduct},
	} {
		if got := productToTry(tt.items); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestSampleProductIsASample(t *testing.T) {
	samples, err := os.ReadFile("../../config/samples/stockitems.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(samples), "productID: "+sampleProduct+"\n") {
		t.Errorf("no sample has product %s", sampleProduct)
	}
}

// A poll that is ended tells why, not that it was ended.
func TestPollTellsTheCause(t *testing.T) {
	ctx, end := context.WithCancelCause(t.Context())
	died := errors.New("the operator died")
	err := poll(ctx, "the bridge", func(context.Context) error {
		end(died)
		return errors.New("connection refused")
	})
	if !errors.Is(err, died) {
		t.Errorf("got %v, want %v", err, died)
	}
}

func TestParseFlags(t *testing.T) {
	for name, arguments := range map[string][]string{
		"no assets":        {},
		"unknown flag":     {"--assets=a", "--colour=blue"},
		"an argument":      {"--assets=a", "now"},
		"a port in letter": {"--assets=a", "--sink-port=http"},
	} {
		if o, err := parseFlags(arguments, io.Discard); err == nil {
			t.Errorf("%s: accepted as %+v", name, o)
		}
	}
	o, err := parseFlags([]string{"--assets=a", "--bridge-port=1", "--metrics-port=2", "--sink-port=3", "--apiserver-port=4", "--etcd-port=5"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range o.ports() {
		if p.number != i+1 {
			t.Errorf("%s is %d, want %d", p.variable, p.number, i+1)
		}
	}
	for _, path := range []string{o.dir, o.assets, o.operator, o.config} {
		if !filepath.IsAbs(path) {
			t.Errorf("%s is not absolute", path)
		}
	}
}
