package controllers

import (
	"cmp"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

var (
	itemUnits = prometheus.NewDesc("inventory_item_units",
		"Units of stock by product, location and state, where this replica leads; as far as --item-metrics allows.",
		[]string{labelNamespace, "product", "location", labelState}, nil)
	itemsLeftOut = prometheus.NewDesc("inventory_items_left_out",
		"StockItems of which inventory_item_units says nothing, since --item-metrics are shown.", []string{labelNamespace}, nil)
)

// itemLevel is where one StockItem that serves stands.
type itemLevel struct {
	key      stock.Key
	position stock.ItemFigures
}

// levelsOf are those of a namespace that this process leads, by product and location.
func levelsOf(runner *allocator.Runner) (levels []itemLevel) {
	runner.Read(func(s *stock.State, l *journal.Log) {
		if !l.Leading() {
			return
		}
		for item := range s.Items() {
			if p, ok := s.Figures(item.UID); ok && p.Serving {
				levels = append(levels, itemLevel{stock.Key{Product: item.Product, Location: item.Location}, p})
			}
		}
	})
	slices.SortFunc(levels, func(a, b itemLevel) int {
		return cmp.Or(cmp.Compare(a.key.Product, b.key.Product), cmp.Compare(a.key.Location, b.key.Location))
	})
	return levels
}

// collectItems shows the first items of a namespace, and returns how many.
func collectItems(out chan<- prometheus.Metric, namespace string, levels []itemLevel, most int) int {
	shown := min(most, len(levels))
	gauge := func(desc *prometheus.Desc, value int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), append([]string{namespace}, labels...)...)
	}
	for _, l := range levels[:shown] {
		product, location := string(l.key.Product), l.key.Location
		gauge(itemUnits, l.position.OnHand, product, location, "on_hand")
		gauge(itemUnits, l.position.Reserved, product, location, "reserved")
		gauge(itemUnits, l.position.Available, product, location, "available")
		gauge(itemUnits, l.position.Shortfall, product, location, "shortfall")
	}
	if len(levels) > 0 {
		gauge(itemsLeftOut, int64(len(levels)-shown))
	}
	return shown
}
