package logbook

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/replay"
	"github.com/acme/inventory-service/internal/stock"
)

const at = stock.Time(1_777_622_400_000_000)

var began = time.UnixMicro(int64(at))

// written is a journal of one process that appended these batches.
func written(t *testing.T, batches ...[]stock.Record) *journaltest.Server {
	t.Helper()
	server := journaltest.NewServer()
	log := journal.New(journal.Config{
		Self: journal.Leader{Name: "p1"}, Process: "p1", Fill: 200, MaxPage: 1 << 20,
		WriteFormat: journal.Format, Pack: journaltest.Pack,
	})
	perform := func(effects []journal.Effect) {
		for len(effects) > 0 {
			effect := effects[0]
			effects = effects[1:]
			switch effect.(type) {
			case journal.Applied, journal.Landed, journal.Wake, journal.Reset:
			default:
				effects = append(effects, log.Step(began, server.Serve(effect))...)
			}
		}
	}
	perform(log.Start())
	perform(log.Step(began, journal.Elected{}))
	for _, records := range batches {
		batch := journal.Batch{}
		for _, record := range records {
			encoded, err := stock.Encode(record)
			if err != nil {
				t.Fatal(err)
			}
			batch.Records = append(batch.Records, encoded)
		}
		perform(log.Append(batch))
	}
	return server
}

func pages(server *journaltest.Server) []journal.Page {
	var pages []journal.Page
	for _, p := range server.Pages {
		pages = append(pages, *p)
	}
	return pages
}

func example(t *testing.T) *journaltest.Server {
	cart := stock.Reservation{
		ID: "cart-1", Phase: stock.PhaseReserved, Outcome: "o-1", Number: 1, Cart: "5f0c7a52", Order: "A-17", At: at, Expires: at + 900e6,
		Lines:       []stock.Line{{Product: "mug", Quantity: 3}},
		Allocations: []stock.Allocation{{Product: "mug", Location: "ams", Quantity: 2}, {Product: "mug", Location: "rtm", Quantity: 1}},
	}
	shipped := []stock.Allocation{{Product: "mug", Location: "ams", Quantity: 2, Consumed: 2}, {Product: "mug", Location: "rtm", Quantity: 1, Released: 1}}
	return written(t,
		[]stock.Record{&stock.Term{Leader: "p1", At: at}},
		[]stock.Record{&stock.ItemRecord{At: at, Item: stock.Item{UID: "i-1", Name: "mug-ams", Product: "mug", Location: "ams", Generation: 2, Version: 40, Received: 10, Sellable: 8}}},
		[]stock.Record{&stock.Reserved{Reservation: cart}},
		[]stock.Record{&stock.Refused{Reservation: stock.Reservation{
			ID: "cart-2", Phase: stock.PhaseRefused, Outcome: "o-2", Number: 2, At: at, Short: []stock.Shortage{{Product: "mug", Requested: 20, Available: 5}},
		}}},
		[]stock.Record{&stock.Shown{Reservation: "cart-1", Object: stock.Object{UID: "u-1", Version: 44}, At: at}},
		[]stock.Record{&stock.Consumed{
			Change: stock.Change{Reservation: "cart-1", Phase: stock.PhaseConsumed, Allocations: shipped, Ended: at + 1e6, Actor: "anna", At: at + 1e6},
			Totals: []stock.Total{{Product: "mug", Location: "ams", Consumed: 2}},
		}},
	)
}

// What a StockItem says is said, too, of who serves when another one is gone.
func TestItemWords(t *testing.T) {
	for want, i := range map[string]stock.Item{
		"spare: 9 mug received in ams, 0 sellable, waits to take over, generation 1, version 7": {Waits: true},
		"spare: 9 mug received in ams, takes over, generation 1, version 7":                     {TakesOver: true, Sellable: 9},
	} {
		i.Name, i.Product, i.Location, i.Received, i.Generation, i.Version = "spare", "mug", "ams", 9, 1, 7
		if _, got, _ := words(&stock.ItemRecord{Item: i}); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
}

// What compaction says again names those who did it.
func TestActorWords(t *testing.T) {
	r := stock.Reservation{
		ID: "cart-1", Phase: stock.PhaseReserved, Number: 1, Allocations: []stock.Allocation{{Product: "mug", Location: "ams", Quantity: 2}},
		Actor: "anna", ReleasedBy: "ben", ConsumedBy: "carl",
	}
	want := "still known: cart-1 (outcome 1) holds 2 mug from ams, by anna, released by ben, consumed by carl"
	if _, got, _ := words(&stock.Cart{Reservation: r}); got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}

// Each record is one line: its place, its time, what happened.
func TestPrint(t *testing.T) {
	var out strings.Builder
	if err := Print(&out, pages(example(t)), Filter{}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"term p1 begins to lead",
		"item mug-ams: 10 mug received in ams, 8 sellable, generation 2, version 40",
		"reserved cart-1, cart 5f0c7a52, order A-17 (outcome 1) gets 2 mug from ams, 1 mug from rtm until 2026-05-01T08:15:00.000000Z",
		"refused cart-2 (outcome 2): there are 5 of 20 mug",
		"shown cart-1 is shown by u-1, version 44",
		"consumed cart-1 is consumed: 2 mug from ams (2 consumed), 1 mug from rtm (1 released), by anna; 2 mug consumed in ams by now",
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.Join(strings.Fields(line)[2:], " "))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, out.String())
	}
}

// What is asked for by a reservation, or from a page on, is all that is printed.
func TestFilter(t *testing.T) {
	all := pages(example(t))
	for name, test := range map[string]struct {
		filter Filter
		lines  int
	}{
		"by id":           {Filter{ID: "cart-1"}, 3},
		"by object":       {Filter{ID: "u-1"}, 1},
		"of nobody":       {Filter{ID: "cart-3"}, 0},
		"of an item":      {Filter{Item: "mug-ams", Place: stock.Key{Product: "mug", Location: "ams"}}, 4},
		"of a place":      {Filter{Item: "mug-rtm", Place: stock.Key{Product: "mug", Location: "rtm"}}, 3},
		"of another item": {Filter{Item: "cup", Place: stock.Key{Product: "cup", Location: "ams"}}, 0},
		"from later on":   {Filter{From: 2}, 1},
		"beyond the tail": {Filter{From: 99}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := Print(&out, all, test.filter); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(out.String(), "\n"); got != test.lines {
				t.Errorf("%d lines, want %d:\n%s", got, test.lines, out.String())
			}
		})
	}
}

// A damaged journal is printed as far as it can be read, and called damaged.
func TestDamagedJournal(t *testing.T) {
	for name, harm := range map[string]func(*journaltest.Server){
		"the first page is gone": func(s *journaltest.Server) { s.Delete("journal-0") },
		"a page was edited": func(s *journaltest.Server) {
			s.Edit("journal-0", func(p *journal.Page) { p.Records = p.Records[1:] })
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := example(t)
			harm(server)
			var out strings.Builder
			if err := Print(&out, pages(server), Filter{}); !errors.Is(err, replay.ErrDamaged) || !strings.Contains(out.String(), "consumed") {
				t.Errorf("%v\n%s", err, out.String())
			}
		})
	}
	if err := Print(&strings.Builder{}, nil, Filter{}); !errors.Is(err, replay.ErrNone) {
		t.Errorf("no journal: %v", err)
	}
}

func TestReaderInWords(t *testing.T) {
	for want, record := range map[string]*stock.ReaderRecord{
		"the reader lake has read all before page 7":                  {Name: "pages/lake", Position: "7"},
		"the reader lake is registered no more: no page waits for it": {Name: "pages/lake"},
		"ends has read up to 1777622400000000":                        {Name: "ends", Position: "1777622400000000"},
		"ends is no reader any more":                                  {Name: "ends"},
	} {
		if got := reader(record); got != want {
			t.Errorf("%+v is %q, not %q", record, got, want)
		}
	}
}
