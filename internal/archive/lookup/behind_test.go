package lookup_test

import (
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/inventory-service/internal/archive/lookup"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
)

// with is the namespace of tests, as its journal knows it later.
func with(modify func(*lookup.Namespace)) lookup.Namespace {
	in := shop
	modify(&in)
	return in
}

func headAt(page uint64) lookup.Namespace {
	return with(func(in *lookup.Namespace) { in.Head = page })
}

// An archive that has not read all that the journal has forgotten says so, beside what it has. One
// that is a few records behind has read what is forgotten.
func TestBehind(t *testing.T) {
	const pages = 3
	replaced := with(func(in *lookup.Namespace) { in.Journal = "another" })
	tests := map[string]struct {
		prepare func(w *written)
		in      lookup.Namespace
		want    error
	}{
		"nothing is forgotten yet":         {nil, headAt(1), nil},
		"at the head":                      {nil, headAt(pages), nil},
		"before the head":                  {nil, headAt(pages + 1), lookup.ErrBehind},
		"the journal was replaced":         {nil, replaced, lookup.ErrBehind},
		"the new journal was read":         {func(w *written) { w.archive(replaced, "REPLACED", cart(9)) }, replaced, lookup.ErrGap},
		"the position is gone":             {func(w *written) { w.execute("DELETE FROM journal_positions") }, headAt(1), lookup.ErrBehind},
		"after a gap":                      {func(w *written) { w.gap("COMPACTED") }, headAt(pages), lookup.ErrGap},
		"after a gap, and before the head": {func(w *written) { w.gap("COMPACTED") }, headAt(pages + 1), lookup.ErrBehind},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWritten(t, postgrestest.URL(t))
			known := cart(1)
			w.archive(shop, "FIRST", known)
			w.archive(shop, "", cart(2))
			w.archive(shop, "", cart(3))
			if test.prepare != nil {
				test.prepare(w)
			}
			a := newArchive(t, w.url)
			r, err := a.Reservation(t.Context(), test.in, uuid.NewString())
			if wantError(t, err, test.want); r != nil {
				t.Errorf("found %v", r)
			}
			all, err := a.Find(t.Context(), test.in, "none", "", 10)
			if wantError(t, err, test.want); len(all) > 0 {
				t.Errorf("found %v", all)
			}
			r, err = a.Outcome(t.Context(), test.in, known.ID)
			if wantError(t, err, test.want); r == nil || r.ID != known.ID {
				t.Errorf("%v is not told", known.ID)
			}
			all, err = a.Find(t.Context(), test.in, known.Order, "", 10)
			if wantError(t, err, test.want); len(all) != 1 {
				t.Errorf("found %v", all)
			}
		})
	}
}

// gap notes a gap in the history that goes on.
func (w *written) gap(reason string) {
	w.t.Helper()
	w.execute(`INSERT INTO journal_gaps (namespace, epoch, reason, until_page, until_record, restated, lost, superseded)
		SELECT namespace, epoch, '` + reason + `', page, record, 0, 0, 0 FROM journal_positions`)
}

// Those who share a lookup may know different heads, and each is answered by its own.
func TestBehindShared(t *testing.T) {
	w := newWritten(t, postgrestest.URL(t))
	w.archive(shop, "FIRST", cart(1))
	a := newArchive(t, w.url)
	ask := func(in lookup.Namespace, want error) {
		r, err := a.Reservation(t.Context(), in, "unheard")
		if wantError(t, err, want); r != nil {
			t.Errorf("found %v", r)
		}
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { ask(headAt(1), nil) })
		all.Go(func() { ask(headAt(2), lookup.ErrBehind) })
	}
	all.Wait()
}
