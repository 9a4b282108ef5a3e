package soak

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"

	v1 "github.com/acme/inventory-service/api/v1"
)

// The phases of a soak.
const (
	disturbed      = "the first quarter"
	untouched      = "the quiet half"
	disturbedAgain = "the last quarter"
)

// growth is how much a figure may be above what it was, beside what is noise.
const growth = 1.25

// figure is something that may not grow.
type figure struct {
	name string
	// noise is how much more of it is nothing, where there is little.
	noise float64
	of    func(*sample) (float64, bool)
}

func plain(name string, noise float64) figure {
	return figure{name, noise, func(s *sample) (float64, bool) {
		value, is := s.Figures[name]
		return value, is
	}}
}

// process is a figure of the larger of two replicas.
func larger(program, name string, noise float64) figure {
	return figure{program + ": " + name, noise, func(s *sample) (float64, bool) { return s.larger(program, name) }}
}

// bounded are the figures that may not grow, beside those of etcd; only the archive's database may.
var bounded = []figure{
	larger("operator", "RSS MiB", 16), larger("operator", "heap MiB", 12), larger("operator", "goroutines", 20), larger("operator", "open files", 10),
	larger("archive", "RSS MiB", 16), larger("archive", "heap MiB", 12), larger("archive", "goroutines", 10), larger("archive", "open files", 10),
	larger("operator", "journal MiB", 1), larger("archive", "records behind", 500), larger("operator", "outcomes behind", 100),
	plain("kube-apiserver RSS MiB", 64),
}

// sawtooth are those that rise until etcd is compacted, every 5 minutes for what is 5 minutes old:
// phases that are shorter than two of these say nothing of them.
var sawtooth = []figure{plain("etcd in use MiB", 16), plain("etcd RSS MiB", 64)}

// compaction is how long a version stays in etcd at most.
const compaction = 10 * time.Minute

// judge compares the two quarters in which processes were disturbed, and within the half between
// them its second third with its last: in its first, processes that were just started fill their
// memory, an archive's as the journal restates what counts.
func judge(t *testing.T, phases map[string][]sample) {
	t.Helper()
	before, after := phases[disturbed], phases[disturbedAgain]
	third := len(phases[untouched]) / 3
	quiet := phases[untouched][third:]
	for _, f := range bounded {
		f.compare(t, "from the first quarter to the last", before, after)
		f.compare(t, "within the quiet half", quiet[:third], quiet[third:])
	}
	if before[len(before)-1].At.Sub(before[0].At) < compaction {
		t.Logf("etcd is not judged: each quarter would have to last %v", compaction)
		return
	}
	for _, f := range sawtooth {
		f.compare(t, "from the first quarter to the last", before, after)
	}
}

func (f figure) compare(t *testing.T, when string, before, after []sample) {
	t.Helper()
	was, is := f.median(before), f.median(after)
	t.Logf("%s, %s: %.1f, then %.1f", f.name, when, was, is)
	if is > growth*was+f.noise {
		t.Errorf("%s has grown %s: %.1f, then %.1f", f.name, when, was, is)
	}
}

// median is that of the samples that have the figure; one that was never told is a failure of
// the soak, and compares as such.
func (f figure) median(samples []sample) float64 {
	var values []float64
	for i := range samples {
		if value, is := f.of(&samples[i]); is {
			values = append(values, value)
		}
	}
	if len(values) == 0 {
		return -1
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// settle checks what is left once nobody asks for anything: everything is delivered and
// archived, as clients were told it, and the audits agree.
func (s *soak) settle() {
	s.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.Open == 0 }) // holds run out
	s.Settle()
	asked := time.Now().Format(time.RFC3339Nano)
	s.Must(retry.RetryOnConflict(retry.DefaultRetry, func() error {
		ledger := s.AwaitLedger(func(*v1.StockLedger) bool { return true })
		metav1.SetMetaDataAnnotation(&ledger.ObjectMeta, v1.AuditRequestedAnnotation, asked)
		return s.Client.Update(s.Context(), ledger)
	}))
	ledger := s.AwaitLedger(func(l *v1.StockLedger) bool {
		return l.Status.Audit != nil && l.Status.Audit.LastHandledRequest == asked
	})
	for _, c := range ledger.Status.Conditions {
		if c.Type == v1.ConditionConsistent && c.Status != metav1.ConditionTrue {
			s.Errorf("the audit says %s: %s", c.Reason, c.Message)
		}
	}
	if d := ledger.Status.Audit.LastDifference; d != nil {
		s.Errorf("an audit found %s: %s", d.At, d.Summary)
	}
	counts := s.told.count()
	if got := ledger.Status.Totals.Consumed; got < lines*counts[consumed] || got > lines*(counts[consumed]+counts[unsure]) {
		s.Errorf("%d units were told to be consumed, and %d ends were never answered; the ledger shows %d", lines*counts[consumed], counts[unsure], got)
	}
	s.archived.Await()
	s.told.checkArchive(s)
	s.sink.check(s.told)
}
