package controllers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/reader"
	"github.com/acme/inventory-service/internal/stock"
)

func keepUp(l *v1.StockLedger) metav1.Condition {
	if c := meta.FindStatusCondition(l.Status.Conditions, v1.ConditionReadersKeepUp); c != nil {
		return *c
	}
	return metav1.Condition{}
}

func (p *process) pageReaders() (all []stock.PageReader) {
	p.runner().Read(func(s *stock.State, _ *journal.Log) { all = s.PageReaders() })
	return all
}

// A reader registers by an annotation, says how far it is, and stays registered until it says that
// it is no more, whatever becomes of the annotation and of the StockLedger.
func TestReaderRegisters(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	w.ledgerShows("a leader", ready)
	c, err := reader.New(w.Client, "archive")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if err := c.Register(ctx, w.namespace, allocator.Position{}); err != nil {
		t.Fatal(err)
	}
	if all := p.pageReaders(); len(all) != 1 || all[0].Name != "archive" || all[0].Page != 1 {
		t.Fatalf("readers %+v", all)
	}
	at := p.runner().Position()
	if err := c.Report(ctx, w.namespace, at); err != nil {
		t.Fatal(err)
	}
	caughtUp := func(l *v1.StockLedger) bool {
		known, ok := reader.Find(l.Status.Readers, "archive")
		return ok && known.Position == at.String() && known.RecordsBehind == 0 && keepUp(l).Status == metav1.ConditionTrue
	}
	w.ledgerShows("that it has read everything", caughtUp)
	if after := p.runner().Position(); after != at {
		t.Errorf("a report of the same page costs an append: %v after %v", after, at)
	}
	w.receive("mugs", "mug", 10)
	w.ledgerShows("that it is behind", func(l *v1.StockLedger) bool {
		known, _ := reader.Find(l.Status.Readers, "archive")
		return known.RecordsBehind > 0 && known.BytesBehind > 0 && !known.Overtaken
	})

	// None of this takes it off, or moves it.
	behind := func(l *v1.StockLedger) bool {
		known, ok := reader.Find(l.Status.Readers, "archive")
		return ok && known.Position == allocator.Position{Journal: at.Journal, Page: 1}.String()
	}
	w.eventually("the annotation is erased", func() bool {
		l := w.ledger()
		l.Annotations = nil
		return w.Update(t.Context(), l) == nil
	})
	w.ledgerShows("the reader without its annotation", behind)
	w.eventually("the StockLedger is deleted", func() bool { return w.Delete(t.Context(), w.ledger()) == nil })
	w.ledgerShows("the reader again", behind)

	if err := c.Unregister(ctx, w.namespace); err != nil {
		t.Fatal(err)
	}
	if all := p.pageReaders(); len(all) != 0 {
		t.Errorf("readers %+v", all)
	}
	w.ledgerShows("no readers", func(l *v1.StockLedger) bool { return len(l.Status.Readers) == 0 && keepUp(l).Type == "" })
}

// Whatever an annotation says, nothing but a condition comes of what cannot be.
func TestReaderReportsNonsense(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	w.ledgerShows("a leader", ready)
	at := p.runner().Position()
	for value, says := range map[string]string{
		"":                                     "no position",
		"everything":                           "no position",
		strings.Repeat("9", 20000):             "no position",
		"a.b.c":                                "no position",
		at.Journal + ".1.999":                  "beyond the end",
		at.Journal + ".77.0":                   "beyond the end",
		at.Journal + ".18446744073709551615.0": "beyond the end",
		at.Journal + ".99999999999999999999.0": "no position",
		at.Journal + ".1.-1":                   "no position",
		at.Journal + ".1.1; DROP TABLE stock":  "no position",
		"\u202e" + at.Journal:                  "no position",
	} {
		w.report("archive", value)
		w.ledgerShows("what is wrong with "+value[:min(len(value), 40)], func(l *v1.StockLedger) bool {
			c := keepUp(l)
			return c.Reason == v1.ReasonReaderInvalid && strings.Contains(c.Message, says) && len(c.Message) < 1024
		})
		if all := p.pageReaders(); len(all) != 0 {
			t.Fatalf("%q registers %+v", value, all)
		}
	}
	w.report("archive", "all")
	for i := range stock.MaxPageReaders {
		w.report(fmt.Sprint("lake-", i), "all")
	}
	w.report("UPPER.case", "all")
	w.ledgerShows("as many readers as there may be, and that others are too many", func(l *v1.StockLedger) bool {
		return len(l.Status.Readers) == stock.MaxPageReaders && keepUp(l).Reason == v1.ReasonReaderInvalid
	})
	if len(p.pageReaders()) != stock.MaxPageReaders {
		t.Errorf("readers %+v", p.pageReaders())
	}
}

// report sets the annotation of a reader.
func (w *world) report(name, value string) {
	w.t.Helper()
	w.eventually("the reader reports", func() bool {
		l := w.ledger()
		if l.Annotations == nil {
			l.Annotations = map[string]string{}
		}
		l.Annotations[v1.ReaderAnnotation(name)] = value
		return w.Update(w.t.Context(), l) == nil
	})
}

func TestReadersKeepUp(t *testing.T) {
	now := time.Unix(1_900_000_000, 0)
	micros := func(ago time.Duration) stock.Time { return stock.Time(now.Add(-ago).UnixMicro()) }
	archive := stock.PageReader{Name: "archive", Page: 7, Records: 100, Bytes: 1000}
	for name, tc := range map[string]struct {
		facts  ledgerFacts
		reason string
	}{
		"on the last page":   {ledgerFacts{readers: []stock.PageReader{archive}, limit: 100, stored: 90, head: 3}, v1.ReasonKeepingUp},
		"behind for moments": {ledgerFacts{readers: []stock.PageReader{later(archive, micros(time.Minute))}, limit: 100, stored: 50, head: 7}, v1.ReasonKeepingUp},
		"behind for long":    {ledgerFacts{readers: []stock.PageReader{later(archive, micros(time.Hour))}, limit: 100, stored: 50, head: 7}, v1.ReasonReaderBehind},
		"behind by much":     {ledgerFacts{readers: []stock.PageReader{later(archive, micros(time.Minute))}, limit: 100, stored: 51, head: 7}, v1.ReasonReaderBehind},
		"overtaken":          {ledgerFacts{readers: []stock.PageReader{later(archive, micros(time.Hour))}, limit: 100, stored: 75, head: 8}, v1.ReasonReaderOvertaken},
		"nonsense":           {ledgerFacts{reports: readerReports{wrong: reader.ErrName}}, v1.ReasonReaderInvalid},
		"nobody":             {ledgerFacts{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := &v1.StockLedger{}
			tc.facts.leading = true
			tc.facts.show(&l.Status, now)
			if c := keepUp(l); c.Reason != tc.reason {
				t.Errorf("condition %+v", c)
			}
		})
	}
}

func later(r stock.PageReader, since stock.Time) stock.PageReader {
	r.Since = since
	return r
}
