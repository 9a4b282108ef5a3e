package lookup_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/inventory-service/internal/archive/lookup"
	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/internal/stock"
)

// What is archived comes back as it was, by every way to name it, through PgBouncer too, whatever
// its ids are.
func TestFound(t *testing.T) {
	server := postgrestest.Shared(t)
	pooler := postgrestest.Pooler(t, server)
	name := postgrestest.Database(t)
	w := newWritten(t, server.URL(postgres.PlainRole, name))
	odd := func(r *stock.Reservation) {
		r.Cart, r.Order = "basket 7/ü", "order 7"
		r.Lines, r.Allocations = r.Lines[:1], r.Allocations[:1]
		r.Lines[0].Product, r.Allocations[0].Product = "mug", "mug"
	}
	byHand := func(r *stock.Reservation) {
		r.Command, r.Object = stock.Command{}, stock.Object{UID: r.ID, Name: "by-hand", Gone: true}
	}
	shown := func(r *stock.Reservation) { r.Object.UID = stock.ID(uuid.NewString()) }
	shipped := func(r *stock.Reservation) {
		r.Phase, r.Reason, r.ConsumedBy, r.Expires, r.FirstExpires = stock.PhaseConsumed, "", "cas", r.Expires+1_000_000, r.Expires
		r.Replaces, r.ReplacedBy = idOf("reservation", 1), idOf("reservation", 2)
	}
	carts := []*stock.Reservation{cart(1), cart(2, refused), cart(3, odd), cart(4, byHand), cart(5, shown), cart(6, shipped), cart(7, held)}
	w.archive(shop, "FIRST", carts...)
	for _, url := range []string{w.url, pooler.URL(postgres.PlainRole, name)} {
		a := newArchive(t, url)
		for _, want := range carts {
			texts := []string{string(want.ID)}
			if want.Object.UID != "" {
				texts = append(texts, string(want.Object.UID))
			}
			if want.Object.Name != "" {
				texts = append(texts, want.Object.Name)
			}
			for _, text := range texts {
				got, err := a.Reservation(t.Context(), shop, text)
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("%s: %v %s", text, err, diff)
				}
			}
			for _, by := range [][2]stock.ID{{want.Order, ""}, {"", want.Cart}, {want.Order, want.Cart}} {
				got, err := a.Find(t.Context(), shop, by[0], by[1], 10)
				if diff := cmp.Diff([]*stock.Reservation{want}, got); diff != "" || err != nil {
					t.Errorf("order %q, cart %q: %v %s", by[0], by[1], err, diff)
				}
			}
			if got, err := a.Outcome(t.Context(), shop, want.ID); err != nil || got == nil || got.ID != want.ID {
				t.Errorf("%s: outcome %v, %v", want.ID, got, err)
			}
		}
		for _, text := range []string{uuid.NewString(), "unheard", "by-han", "mug"} {
			if got, err := a.Reservation(t.Context(), shop, text); got != nil || err != nil {
				t.Errorf("%s: %v, %v", text, got, err)
			}
		}
		// The UUID that stands for a text names nothing.
		made, _ := project.UUID("order 7")
		if got, err := a.Find(t.Context(), shop, stock.ID(made.String()), "", 10); len(got) != 0 || err != nil {
			t.Errorf("%v, %v", got, err)
		}
		if got, err := a.Find(t.Context(), shop, carts[0].Order, carts[1].Cart, 10); len(got) != 0 || err != nil {
			t.Errorf("%v, %v", got, err)
		}
	}
}

// Of several the youngest come first, and no more than were asked for.
func TestYoungest(t *testing.T) {
	w := newWritten(t, postgrestest.URL(t))
	same := func(r *stock.Reservation) { r.Order, r.ID = "order", idOf("again", 1) }
	w.archive(shop, "FIRST", cart(1, same), cart(2, same, refused), cart(3, same))
	a := newArchive(t, w.url)
	if got, err := a.Reservation(t.Context(), shop, string(idOf("again", 1))); err != nil || got.Number != 3 {
		t.Errorf("%v, %v", got, err)
	}
	got, err := a.Find(t.Context(), shop, "order", "", 2)
	if err != nil || len(got) != 2 || got[0].Number != 3 || got[1].Number != 2 {
		t.Errorf("%v, %v", got, err)
	}
}

// Nothing is told of other namespaces, of those that had the name before, or of histories that were
// abandoned; and where the journal is not archived, that is told.
func TestNotTold(t *testing.T) {
	named := func(name, uid string) lookup.Namespace {
		return lookup.Namespace{Name: name, Identity: journal.Identity{Journal: "journal-" + uid, Namespace: uid}}
	}
	wanted := cart(1, func(r *stock.Reservation) { r.Object.Name = "by-hand" })
	tests := map[string]struct {
		prepare func(w *written)
		in      lookup.Namespace
		want    error
		found   bool
	}{
		"another namespace": {func(w *written) {
			w.archive(named("other", "o"), "FIRST", wanted)
			w.archive(shop, "FIRST", cart(2))
		}, shop, nil, false},
		"not archived": {func(w *written) { w.archive(named("other", "o"), "FIRST", wanted) }, shop, lookup.ErrNotArchived, false},
		"made again, not archived yet": {func(w *written) { w.archive(shop, "FIRST", wanted) },
			named("shop", "again"), lookup.ErrNotArchived, false},
		"made again": {func(w *written) {
			w.archive(shop, "FIRST", wanted)
			w.archive(named("shop", "again"), "REPLACED", cart(2))
		}, named("shop", "again"), lookup.ErrGap, false},
		"held when it was deleted and made again": {func(w *written) {
			w.archive(shop, "FIRST", cart(1, held))
			w.archive(named("shop", "again"), "REPLACED", cart(2))
		}, named("shop", "again"), lookup.ErrGap, false},
		"an older one of a name that came back": {func(w *written) {
			w.archive(shop, "FIRST", wanted)
			w.archive(named("shop", "again"), "REPLACED", cart(2))
			w.archive(shop, "REPLACED", cart(3))
		}, shop, lookup.ErrGap, false},
		"a journal that was repaired": {func(w *written) {
			w.archive(shop, "FIRST", wanted)
			w.archive(shop, "REPLACED", cart(2))
		}, shop, lookup.ErrGap, true},
		"an abandoned history": {func(w *written) {
			w.archive(shop, "FIRST", cart(2))
			w.archive(shop, "", wanted)
			w.archive(shop, "RESTORED", cart(2))
		}, shop, lookup.ErrGap, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWritten(t, postgrestest.URL(t))
			test.prepare(w)
			a := newArchive(t, w.url)
			got, err := a.Reservation(t.Context(), test.in, string(wanted.ID))
			if wantError(t, err, test.want); (got != nil) != test.found {
				t.Errorf("found %v", got)
			}
			for _, by := range [][2]stock.ID{{wanted.Order, ""}, {"", wanted.Cart}} {
				all, err := a.Find(t.Context(), test.in, by[0], by[1], 10)
				if wantError(t, err, test.want); len(all) > 0 != test.found {
					t.Errorf("found %v", all)
				}
			}
		})
	}
}

// scanned is a line of a plan about a partition that has rows.
var scanned = regexp.MustCompile(`(Seq|Index|Heap)(?: Only)? Scan (?:using \S+ )?on re\w+_x(?:1?\d|2[0-4]) `)

// Each lookup finds what it looks for in every partition by an index, of three years of months.
func TestIndexed(t *testing.T) {
	w := newWritten(t, postgrestest.URL(t))
	w.archive(shop, "FIRST", cart(1))
	// Those that have no rows, as the months that are made ahead, are read as a whole.
	const months, full = 36, 24
	w.execute(fmt.Sprintf(`DO $$ BEGIN FOR m IN 1..%d LOOP
		EXECUTE format('CREATE TABLE reservations_x%%s PARTITION OF reservations FOR VALUES FROM (%%L) TO (%%L)', m, '2000-01-01Z'::timestamptz + (m||' months')::interval, '2000-01-01Z'::timestamptz + (m+1||' months')::interval);
		EXECUTE format('CREATE TABLE refusals_x%%s PARTITION OF refusals FOR VALUES FROM (%%L) TO (%%L)', m, '2000-01-01Z'::timestamptz + (m||' months')::interval, '2000-01-01Z'::timestamptz + (m+1||' months')::interval);
	END LOOP; END $$`, months))
	for _, table := range []string{"reservations", "refusals"} {
		w.execute(`INSERT INTO ` + table + ` (reservation_id, order_id, cart_id, created_at, namespace, object_uid, object_name, outcome_id, outcome_number, epoch, page, record)
			SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '2000-02-01T12:00:00Z'::timestamptz + n * interval '1 hour', 'shop',
				gen_random_uuid()::text, CASE WHEN n % 10 = 0 THEN 'name-' || n END, gen_random_uuid(), n, 1, n, 0
			FROM generate_series(0, 24 * 730) AS n`)
		w.execute("ANALYZE " + table)
	}
	for name, statement := range lookup.Statements() {
		rows, err := w.store.Pool().Query(t.Context(), "EXPLAIN "+statement.SQL, statement.Arguments...)
		must(t, err)
		indexed := 0
		for rows.Next() {
			var line string
			must(t, rows.Scan(&line))
			if part := scanned.FindStringSubmatch(line); part != nil && part[1] != "Seq" {
				indexed++
			} else if part != nil {
				t.Errorf("%s: %s", name, line)
			}
		}
		must(t, rows.Err())
		if indexed != 2*full {
			t.Errorf("%s: %d partitions are read by an index, want %d", name, indexed, 2*full)
		}
	}
}
