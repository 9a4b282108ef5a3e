package controllers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/reader"
	"github.com/acme/inventory-service/internal/stock"
)

// readerLate is for how long records wait for a reader when that is told.
const readerLate = 15 * time.Minute

// readerReports are what the annotations of a StockLedger say of the readers of the journal.
type readerReports struct {
	// at is how far each says that it is.
	at map[string]allocator.Position
	// wrong says what is wrong with the first annotation that nothing can be made of.
	wrong error
}

// journalPlace is what a report is judged against.
type journalPlace struct {
	end     allocator.Position
	head    uint64
	readers map[string]stock.PageReader
}

// askReaders has the journal note how far its readers are, where this process leads. A reader is
// registered until it says that it is no more, and that counts only as it is read past the caches.
func (r *StockLedgerReconciler) askReaders(ctx context.Context, runner *allocator.Runner, ledger *v1.StockLedger) readerReports {
	reports := readerReports{at: map[string]allocator.Position{}}
	place := journalPlace{readers: map[string]stock.PageReader{}}
	leads := false
	runner.Read(func(s *stock.State, l *journal.Log) {
		if leads = l.Leading(); !leads {
			return
		}
		place.end, place.head = allocator.PositionOf(l), s.Head()
		for _, known := range s.PageReaders() {
			place.readers[known.Name] = known
		}
	})
	if !leads {
		return reports
	}
	for _, key := range slices.Sorted(maps.Keys(ledger.Annotations)) {
		name, is := strings.CutPrefix(key, v1.ReaderAnnotationPrefix)
		if !is {
			continue
		}
		request, at, err := place.judge(name, ledger.Annotations[key])
		switch {
		case err != nil && reports.wrong == nil:
			reports.wrong = fmt.Errorf("the annotation %s of the StockLedger: %w", key, err)
		case err != nil:
		default:
			reports.at[name] = at
			r.tellReader(ctx, runner, ledger, key, request)
		}
	}
	return reports
}

// judge says what a report asks of the journal, nil where that is nothing new.
func (p *journalPlace) judge(name, value string) (stock.Request, allocator.Position, error) {
	if err := reader.ValidName(name); err != nil {
		return nil, allocator.Position{}, err
	}
	at, unregistered, err := reader.ParseValue(value)
	known, is := p.readers[name]
	switch {
	case err != nil:
		return nil, at, err
	case unregistered && is:
		return stock.LeavePages{Reader: name}, at, nil
	case unregistered:
		return nil, at, nil
	case at.Journal == p.end.Journal && !p.end.Covers(at):
		return nil, at, fmt.Errorf("%.80q is beyond the end of the journal, which is %s", value, p.end)
	case !is && len(p.readers) >= stock.MaxPageReaders:
		return nil, at, fmt.Errorf("there are %d readers already, as many as there may be: unregister one", len(p.readers))
	case at.Journal != p.end.Journal && is:
		return nil, at, nil // of the journal that was replaced: it will find out
	case at.Journal != p.end.Journal:
		at = allocator.Position{Page: p.head}
	}
	if !is {
		p.readers[name] = stock.PageReader{Name: name}
	}
	if !is || at.Page > known.Page {
		return stock.ReadPages{Reader: name, Page: at.Page}, at, nil
	}
	return nil, at, nil
}

// tellReader passes on what a report asks for.
func (r *StockLedgerReconciler) tellReader(ctx context.Context, runner *allocator.Runner, ledger *v1.StockLedger, key string, request stock.Request) {
	if request == nil {
		return
	}
	if _, leaves := request.(stock.LeavePages); leaves {
		term := runner.Term()
		newest := &v1.StockLedger{}
		err := r.APIReader.Get(ctx, client.ObjectKeyFromObject(ledger), newest)
		if err != nil || newest.Annotations[key] != reader.Unregistered || runner.Term() != term {
			return // it comes again
		}
		log.FromContext(ctx).Info("a reader of the journal is registered no more: no page waits for it", "annotation", key)
	}
	runner.Tell(request)
}

// shownReaders are the readers as the StockLedger shows them.
func (f *ledgerFacts) shownReaders() []v1.ReaderStatus {
	var shown []v1.ReaderStatus
	for _, known := range f.readers {
		at := allocator.Position{Journal: f.position.Journal, Page: known.Page}
		if said := f.reports.at[known.Name]; said.Journal == at.Journal && said.Page == at.Page {
			at.Index = said.Index
		}
		s := v1.ReaderStatus{
			Name: known.Name, Position: at.String(), RecordsBehind: max(0, known.Records-int64(at.Index)),
			BytesBehind: known.Bytes, Overtaken: known.Overtaken(f.head),
		}
		if known.Records > 0 {
			s.BytesBehind = known.Bytes * s.RecordsBehind / known.Records
		}
		if known.Since != 0 && s.RecordsBehind > 0 {
			since := metav1.NewTime(time.UnixMicro(int64(known.Since)).Truncate(time.Second))
			s.BehindSince = &since
		}
		shown = append(shown, s)
	}
	return shown
}

// showReaders shows them, and whether one of them is far behind.
func (f *ledgerFacts) showReaders(s *v1.StockLedgerStatus, now time.Time) {
	s.Readers = f.shownReaders()
	if len(s.Readers) == 0 && f.reports.wrong == nil {
		meta.RemoveStatusCondition(&s.Conditions, v1.ConditionReadersKeepUp)
		return
	}
	setLedgerCondition(&s.Conditions, f.readersKeepUp(s.Readers, now), now)
}

func (f *ledgerFacts) readersKeepUp(readers []v1.ReaderStatus, now time.Time) metav1.Condition {
	c := metav1.Condition{
		Type: v1.ConditionReadersKeepUp, Status: metav1.ConditionTrue, Reason: v1.ReasonKeepingUp, Message: "what the readers have not read is kept",
	}
	no := func(reason, message string) {
		if c.Status == metav1.ConditionTrue {
			c.Status, c.Reason, c.Message = metav1.ConditionFalse, reason, message
		}
	}
	for _, r := range readers {
		if r.Overtaken {
			no(v1.ReasonReaderOvertaken, fmt.Sprintf(
				"the reader %s is at %s, and the journal begins with page %d: what it has not read before that is gone, since the log came near --journal-limit or was damaged. It marks the gap when it goes on",
				r.Name, r.Position, f.head))
		}
	}
	if f.reports.wrong != nil {
		no(v1.ReasonReaderInvalid, f.reports.wrong.Error())
	}
	for _, r := range readers {
		if r.BehindSince != nil && (now.Sub(r.BehindSince.Time) > readerLate || f.limit > 0 && f.stored > f.limit/2) {
			no(v1.ReasonReaderBehind, fmt.Sprintf(
				"the reader %s has not read %d records. They are kept until the journal takes three quarters of the %d bytes of --journal-limit (it takes %d), then the oldest are dropped. Let it catch up, or annotate the StockLedger with %s=%s",
				r.Name, r.RecordsBehind, f.limit, f.stored, v1.ReaderAnnotation(r.Name), reader.Unregistered))
		}
	}
	return c
}
