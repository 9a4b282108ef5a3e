package controllers

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/metric"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	labelState  = "state"
	labelReader = "reader"
)

var (
	stockUnits = prometheus.NewDesc("inventory_stock_units",
		"Units of stock by namespace and state, as this replica knows them.", []string{labelNamespace, labelState}, nil)
	reservations = prometheus.NewDesc("inventory_reservations",
		"Reservations that are held, held without an object that shows it, remembered, or whose outcome is not delivered, as this replica knows them.",
		[]string{labelNamespace, labelState}, nil)
	undeliveredAge = prometheus.NewDesc("inventory_undelivered_age_seconds",
		"Age of the oldest outcome that is not delivered, 0 where all are, as this replica knows them; those that the sink refuses are not counted.",
		[]string{labelNamespace}, nil)
	journalBytes = prometheus.NewDesc("inventory_journal_bytes",
		"Size of the pages of the journal that count: their records encoded, and what is stored of them.",
		[]string{labelNamespace, labelState}, nil)
	journalLeading = prometheus.NewDesc("inventory_journal_leading",
		"1 where this replica leads, else 0.", []string{labelNamespace}, nil)
	readerRecords = prometheus.NewDesc("inventory_journal_reader_behind_records",
		"Records that a registered reader of the journal, such as an archive, is not known to have read, as this replica knows it: up to a page more than it is behind.",
		[]string{labelNamespace, labelReader}, nil)
	readerBytes = prometheus.NewDesc("inventory_journal_reader_behind_bytes",
		"The same in bytes, before they are compressed.", []string{labelNamespace, labelReader}, nil)
	readerAge = prometheus.NewDesc("inventory_journal_reader_behind_seconds",
		"About how long ago the journal went on beyond the page that the reader has come to, 0 where it did not.",
		[]string{labelNamespace, labelReader}, nil)
	readerOvertaken = prometheus.NewDesc("inventory_journal_reader_overtaken",
		"1 where records are gone that a registered reader of the journal is not known to have read, else 0.", []string{labelNamespace, labelReader}, nil)
	journalDamaged = prometheus.NewDesc("inventory_journal_damaged",
		"1 where the journal is damaged and nothing is decided until somebody has looked, else 0.", []string{labelNamespace}, nil)
	journalContested = prometheus.NewDesc("inventory_journal_contested",
		"1 where this replica and one of another deployment lead by turns, else 0.", []string{labelNamespace}, nil)
)

// observed is what metrics are of.
var observed = &observedNamespaces{}

func init() { metric.Register(observed) }

// observedNamespaces are the namespaces that are worked in. They are looked at when they are
// asked for, so that they cost the decisions nothing else, and nothing is left of those
// that are gone.
type observedNamespaces struct {
	mu      sync.Mutex
	runners map[string]*allocator.Runner
	// givenUp are those that no deployment has taken up since one gave them up. Each tells that it
	// does not lead there: the sum over all of them is what an alert looks at.
	givenUp map[string]bool
	// maxItems is how many StockItems of all namespaces have series of their own.
	maxItems int
}

// showItems says how many StockItems have series of their own at most.
func (o *observedNamespaces) showItems(most int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.maxItems = most
}

// add observes a namespace until forget is called.
func (o *observedNamespaces) add(namespace string, runner *allocator.Runner) (forget func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.runners == nil {
		o.runners = map[string]*allocator.Runner{}
	}
	o.runners[namespace] = runner
	delete(o.givenUp, namespace)
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.runners[namespace] == runner { // not that of a namespace which was made again
			delete(o.runners, namespace)
		}
	}
}

// seeGivenUp says whether a namespace that is not worked in is one that nobody has taken up since.
func (o *observedNamespaces) seeGivenUp(namespace string, is bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !is {
		delete(o.givenUp, namespace)
		return
	}
	if o.givenUp == nil {
		o.givenUp = map[string]bool{}
	}
	o.givenUp[namespace] = true
}

// Describe implements prometheus.Collector.
func (*observedNamespaces) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{stockUnits, reservations, undeliveredAge, journalBytes, journalLeading, journalDamaged, journalContested, readerRecords, readerBytes, readerAge, readerOvertaken, itemUnits, itemsLeftOut} {
		descriptions <- d
	}
}

// Collect implements prometheus.Collector.
func (o *observedNamespaces) Collect(out chan<- prometheus.Metric) {
	o.mu.Lock()
	runners, givenUp, items := maps.Clone(o.runners), maps.Clone(o.givenUp), o.maxItems
	o.mu.Unlock()
	for namespace := range givenUp {
		if runners[namespace] == nil {
			out <- prometheus.MustNewConstMetric(journalLeading, prometheus.GaugeValue, 0, namespace)
		}
	}
	asked := items > 0
	for _, namespace := range slices.Sorted(maps.Keys(runners)) {
		collect(out, namespace, runners[namespace])
		if asked {
			items -= collectItems(out, namespace, levelsOf(runners[namespace]), items)
		}
	}
}

func collect(out chan<- prometheus.Metric, namespace string, runner *allocator.Runner) {
	var totals v1.LedgerTotals
	var encoded, stored int64
	var damaged bool
	var age float64
	var readers []stock.PageReader
	var head uint64
	runner.Read(func(s *stock.State, l *journal.Log) {
		totals, damaged = totalsOf(s), l.Damage() != nil
		encoded, stored = s.LogBytes()
		head, readers = s.Head(), s.PageReaders()
		for oldest := range s.Unpublished() {
			age = max(0, time.Since(time.UnixMicro(int64(oldest.At))).Seconds())
			break
		}
	})
	gauge := func(desc *prometheus.Desc, value int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), append([]string{namespace}, labels...)...)
	}
	gauge(stockUnits, totals.OnHand, "on_hand")
	gauge(stockUnits, totals.Reserved, "reserved")
	gauge(stockUnits, totals.Available, "available")
	gauge(stockUnits, totals.Consumed, "consumed")
	gauge(stockUnits, totals.WithoutItem, "without_item")
	gauge(reservations, totals.Open, "open")
	gauge(reservations, totals.Unshown, "unshown")
	gauge(reservations, totals.Remembered, "remembered")
	gauge(reservations, totals.Undelivered, "undelivered")
	out <- prometheus.MustNewConstMetric(undeliveredAge, prometheus.GaugeValue, age, namespace)
	gauge(journalBytes, encoded, "encoded")
	gauge(journalBytes, stored, "stored")
	gauge(journalLeading, one(runner.Leading()))
	gauge(journalDamaged, one(damaged))
	gauge(journalContested, one(runner.Rival() != ""))
	for _, r := range readers {
		gauge(readerRecords, r.Records, r.Name)
		gauge(readerBytes, r.Bytes, r.Name)
		gauge(readerOvertaken, one(r.Overtaken(head)), r.Name)
		behind := 0.0
		if r.Since != 0 {
			behind = max(0, time.Since(time.UnixMicro(int64(r.Since))).Seconds())
		}
		out <- prometheus.MustNewConstMetric(readerAge, prometheus.GaugeValue, behind, namespace, r.Name)
	}
}

func one(is bool) int64 {
	if is {
		return 1
	}
	return 0
}
