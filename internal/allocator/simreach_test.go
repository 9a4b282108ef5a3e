package allocator_test

import (
	"reflect"
	"testing"

	"github.com/acme/inventory-service/internal/stock"
)

// reach counts what happened in the seeds: a simulation in which too little did shows
// nothing.
type reach struct {
	// What the journal went through.
	Stored, Appends, TakeOvers, WrittenOver, Emptied, Compactions, Restated, Lists, Compared int
	// What went wrong.
	Crashes, CrashesBefore, CrashesAfter, CrashesAnswered, Conflicts, Denied, Rejected, Doubled, Strays,
	LongFreezes, Touched, Gaps, LedgersDeleted, Ruined, Repaired int
	// What was decided.
	Outcomes, Refusals, Split, Expired, Shipped, Replaced, Elsewhere, Forgotten, DecidedAgain, Delivered int
	// What happened to StockItems.
	Cuts, Raised, Shortfalls, Remade, Duplicates, ItemsGone, Waiting, TakenOver int
	// What became of an archive, in some seeds.
	ReaderRead, ReaderWaited, ReaderOvertaken, ReaderGaps, ReaderCrashes, ReaderLeft int
	// What was told.
	Answers, Done, Repeated, Full, TooLarge, TooOld, Conflicting, Unknown, Unverified, Premature,
	Irreplaceable, NotThere, RepeatedAfterCrash, Poisoned, PoisonFound, Verified int
}

// count counts a verdict.
func (r *reach) count(v stock.Verdict) {
	switch v {
	case stock.Done:
		r.Done++
	case stock.Repeated:
		r.Repeated++
	case stock.Full:
		r.Full++
	case stock.TooLarge:
		r.TooLarge++
	case stock.TooOld:
		r.TooOld++
	case stock.Conflicting:
		r.Conflicting++
	case stock.Unknown:
		r.Unknown++
	case stock.Unverified:
		r.Unverified++
	case stock.Premature:
		r.Premature++
	case stock.Irreplaceable:
		r.Irreplaceable++
	case stock.NotThere:
		r.NotThere++
	}
}

// add adds the counts of another seed.
func (r *reach) add(other reach) {
	sum, more := reflect.ValueOf(r).Elem(), reflect.ValueOf(other)
	for i := range sum.NumField() {
		sum.Field(i).SetInt(sum.Field(i).Int() + more.Field(i).Int())
	}
}

// check fails where something happened less than once in ten seeds: in a hundred, if it needs
// several things to come together.
func (r *reach) check(t *testing.T, seeds int) {
	t.Helper()
	counts := reflect.ValueOf(*r)
	for i := range counts.NumField() {
		name, n := counts.Type().Field(i).Name, int(counts.Field(i).Int())
		least := seeds / 10
		if name == "LongFreezes" || name == "Split" || name == "ReaderGaps" || name == "ReaderOvertaken" {
			least = seeds / 100
		}
		if n < least {
			t.Errorf("%s happened %d times in %d seeds: too rarely to show anything", name, n, seeds)
		}
	}
}
