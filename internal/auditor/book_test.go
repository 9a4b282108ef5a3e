package auditor

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// history is a journal of random decisions, without a server: pages of records.
type history struct {
	*requests
	// readers makes up what readers of pages say.
	readers *rand.Rand
	policy  stock.Policy
	fill    int
	now     stock.Time
	state   *stock.State
	writes  []*stock.Write
	tail    uint64
	onTail  int
}

// histories are policies under which something is near its bound.
var histories = map[string]struct {
	policy stock.Policy
	fill   int
}{
	"roomy":       {stock.Policy{Retention: 120 * minute, Grace: 5 * minute, CompactAbove: 500, Batch: 64 << 10}, 2000},
	"eager":       {stock.Policy{Retention: 20 * minute, Grace: 5 * minute, Batch: 4000}, 700},
	"small bound": {stock.Policy{Retention: 600 * minute, Grace: 5 * minute, Limit: 4000, CompactAbove: 500, Batch: 2500}, 600},
	"no grace":    {stock.Policy{Batch: 2000}, 400},
}

func newHistory(policy stock.Policy, fill int, seed uint64) *history {
	return &history{
		requests: &requests{rand: rand.New(rand.NewPCG(seed, 5)), version: 1000},
		readers:  rand.New(rand.NewPCG(seed, 6)),
		policy:   policy, fill: fill, now: 1e15, state: stock.New(), tail: 1,
	}
}

// step appends one write.
func (h *history) step(t *testing.T) {
	h.now += stock.Time(h.rand.Int64N(int64(4 * minute)))
	var asked []stock.Request
	for range h.rand.IntN(8) {
		asked = append(asked, h.next(h.state, h.now))
	}
	if name := pick(h.readers, []string{"archive", "lake"}); h.readers.IntN(12) == 0 {
		asked = append(asked, stock.LeavePages{Reader: name})
	} else if h.readers.IntN(6) == 0 {
		asked = append(asked, stock.ReadPages{Reader: name, Page: h.tail - min(h.tail, uint64(h.readers.IntN(4)))})
	}
	if h.onTail >= h.fill {
		h.tail, h.onTail = h.tail+1, 0
	}
	b := stock.Decide(h.state, asked, h.now, h.tail, h.policy)
	for _, record := range b.Records {
		h.onTail += len(record)
	}
	w := &stock.Write{Page: h.tail, Head: b.Head, Marks: b.Marks, Records: b.Records, Stored: int64(h.onTail/2 + 1)}
	h.writes = append(h.writes, w)
	if err := h.state.Apply(w); err != nil {
		t.Fatal(err)
	}
}

// page is what a page holds after some of the writes.
func (h *history) page(number uint64, writes int) (records [][]byte, head uint64, marks stock.Marks) {
	for _, w := range h.writes[:writes] {
		if w.Page == number {
			records, head, marks = append(records, w.Records...), w.Head, w.Marks
		}
	}
	return records, head, marks
}

// begin is a reading that has listed the pages after some of the writes.
func (h *history) begin(t *testing.T, writes int) *reading {
	last := h.writes[writes-1]
	r := &reading{book: NewBook(journal.Identity{Journal: "j"}, last.Head)}
	r.book.published = last.Marks.Published
	for number := last.Head; number <= last.Page; number++ {
		records, _, _ := h.page(number, writes)
		if err := r.add(segment{page: number, records: records, head: last.Head}); err != nil {
			t.Fatal(err)
		}
		r.tail.records = len(records)
	}
	r.book.complete, r.tail.number = true, last.Page
	r.newest.head, r.newest.marks = last.Head, last.Marks
	r.oldest = r.newest
	return r
}

// follow reads what was written since, up to some of the writes, as often as pages were
// read.
func (h *history) follow(r *reading, writes int) {
	last := h.writes[writes-1]
	for number := r.tail.number; number <= last.Page; number++ {
		records, head, marks := h.page(number, writes)
		from := 0
		if number == r.tail.number {
			from = r.tail.records
		}
		r.queue(&journal.Page{Number: number, Records: records, Header: journal.Header{Head: head}}, from, marks)
		r.tail.number, r.tail.records = number, len(records)
		r.newest.head, r.newest.marks = head, marks
	}
}

// everything is a sample of all of State.
func everything(s *stock.State, at place) *sample {
	taken := &sample{at: at, head: s.Head(), marks: s.Marks(), carts: map[stock.ID]uint64{}, items: map[stock.ID]itemSample{}}
	taken.sums = &sumsSample{remembered: int64(s.Remembered()), totals: s.Totals(), readers: pageReadersOf(s)}
	for r := range s.Reservations() {
		taken.carts[r.ID] = fingerprint(encode(r))
		if !r.Phase.Ended() {
			taken.sums.open++
		}
	}
	for i := range s.Items() {
		p, _ := s.Figures(i.UID)
		taken.items[i.UID] = itemSample{true, i, p}
		taken.sums.items++
	}
	for range s.Unpublished() {
		taken.sums.undelivered++
	}
	return taken
}

func (h *history) at() place { return place{h.tail, h.recordsOnTail()} }

func (h *history) recordsOnTail() (n int) {
	for _, w := range h.writes {
		if w.Page == h.tail {
			n += len(w.Records)
		}
	}
	return n
}

// State and Book agree wherever State was looked at, and whenever the pages were read.
func TestBookAgreesWithState(t *testing.T) {
	seeds := 150
	if n, err := strconv.Atoi(os.Getenv("SEEDS")); err == nil {
		seeds = n
	}
	for name, config := range histories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compared := 0
			for seed := range seeds {
				compared += playHistory(t, newHistory(config.policy, config.fill, uint64(seed)))
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
			if compared < seeds {
				t.Errorf("%d of %d histories were compared", compared, seeds)
			}
			t.Logf("%d histories, %d comparisons", seeds, compared)
		})
	}
}

// playHistory reads the pages somewhere in the middle of a history, looks at State now and
// then, reads on now and then, and compares at the end.
func playHistory(t *testing.T, h *history) (compared int) {
	length := 20 + h.rand.IntN(60)
	begin := h.rand.IntN(length)
	var r *reading
	var samples []*sample
	for i := range length {
		h.step(t)
		if i == begin {
			r = h.begin(t, len(h.writes))
			samples = append(samples, everything(h.state, h.at()))
		}
		if r == nil {
			continue
		}
		if h.rand.IntN(4) == 0 {
			samples = append(samples, everything(h.state, h.at()))
		}
		if h.rand.IntN(3) == 0 {
			h.follow(r, len(h.writes))
		}
	}
	h.follow(r, len(h.writes))
	for _, s := range samples {
		if err := r.advance(s.at); err != nil {
			t.Fatal(err)
		}
		if found := append(s.compare(r.book), s.beyond(r)...); len(found) > 0 {
			t.Fatalf("at %v, begun at %v: %s", s.at, r.book.began, Summary(found))
		}
		if len(r.book.found) > 0 {
			t.Fatalf("at %v, begun at %v, the journal is said to contradict itself: %s", s.at, r.book.began, Summary(r.book.found))
		}
		compared++
	}
	return compared
}

// Whatever record of a page is lost, State shows it: but for those that say nothing of stock.
func TestBookFindsLostRecords(t *testing.T) {
	missed := map[string]int{}
	tried := 0
	for seed := range uint64(60) {
		h := newHistory(histories["roomy"].policy, 2000, seed)
		for range 25 {
			h.step(t)
		}
		for range 5 {
			i := h.rand.IntN(len(h.writes))
			w := h.writes[i]
			if len(w.Records) == 0 || w.Page < h.state.Head() {
				continue
			}
			at := h.at()
			lost := h.rand.IntN(len(w.Records))
			record := w.Records[lost]
			kept := w.Records
			w.Records = append(append([][]byte{}, kept[:lost]...), kept[lost+1:]...)
			r := h.begin(t, len(h.writes))
			s := everything(h.state, at)
			tried++
			if found := append(s.compare(r.book), r.book.found...); len(found) == 0 {
				decoded, _ := stock.Decode(record)
				missed[fmt.Sprintf("%T", decoded)]++
			}
			w.Records = kept
		}
	}
	text, _ := json.Marshal(missed)
	t.Logf("%d records lost, missed: %s", tried, text)
	// What was stated again since, or changed again, is not missed by anybody.
	total := 0
	for _, n := range missed {
		total += n
	}
	if tried < 100 || total*2 > tried {
		t.Errorf("of %d lost records %d are not found: %s", tried, total, text)
	}
}
