package stock

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// walk drives Decide and Apply with random requests over a small journal, and compares
// with an oracle after each batch.
type walk struct {
	t      *testing.T
	rand   *rand.Rand
	policy Policy
	fill   int64
	now    Time

	s *State
	// text is the dump of s.
	text    string
	history []*Write
	tail    uint64
	onTail  int64
	oracle  *oracle
	made    int
	version uint64
	seen    map[string]int
	archive *walkReader
}

// walks are policies under which something is near its bound.
var walks = map[string]struct {
	policy Policy
	fill   int64
}{
	"roomy":       {Policy{Retention: 2 * hour, Grace: 5 * minute, CompactAbove: 500, Batch: 64 << 10}, 2000},
	"eager":       {Policy{Retention: 20 * minute, Grace: 5 * minute, CompactAbove: 0, Batch: 4000}, 700},
	"tiny batch":  {Policy{Retention: 20 * minute, Grace: 5 * minute, CompactAbove: 300, Batch: 900}, 500},
	"small bound": {Policy{Retention: 10 * hour, Grace: 5 * minute, Limit: 4000, CompactAbove: 500, Batch: 2500}, 600},
	"large page":  {Policy{Retention: 30 * minute, Grace: minute, CompactAbove: 100, Batch: 3000}, 6000},
	"no grace":    {Policy{Retention: 0, Grace: 0, CompactAbove: 0, Batch: 2000}, 400},
}

// seeds is how many walks there are for each policy.
var seeds = flag.Int("walks", 0, "random walks for each policy; default: 4, with the race detector or -short 1")

// enough is how many walks come to everything.
const enough = 4

func TestRandomWalks(t *testing.T) {
	playWalks(t, nil,
		"restated", "head moves", "forgotten",
		"1 of stock.Reserve", "2 of stock.Reserve", "3 of stock.Reserve", "4 of stock.Reserve", "5 of stock.Reserve",
		"7 of stock.Reserve", "8 of stock.Reserve", "10 of stock.Reserve", "1 of stock.Consume", "1 of stock.Release",
		"8 of stock.Release", "8 of stock.Consume", "1 of stock.Expire", "1 of stock.Show", "1 of stock.DropItem",
		"14 of stock.Reserve", "15 of stock.Consume", "replaced", "replaced by itself", "shipped from elsewhere", "found by cart and order",
		"left by the one that served", "taken over at once", "taken over by word",
	)
}

// playWalks plays all walks, with a reader that reads them where reads makes one, and checks that
// all of this happens in them.
func playWalks(t *testing.T, reads func(*walk, int) *walkReader, happens ...string) {
	seen := map[string]int{}
	count := *seeds
	if count == 0 {
		count = enough
		if raced || testing.Short() {
			count = 1
		}
	}
	for name, config := range walks {
		for seed := range count {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				w := &walk{
					t: t, rand: rand.New(rand.NewPCG(uint64(seed), 7)), policy: config.policy, fill: config.fill,
					now: start, version: 1000, seen: seen,
				}
				w.s = NewIndexed(Index{Carts: true, Orders: true})
				w.oracle, w.text = newOracle(w), dump(t, w.s)
				if reads != nil {
					w.archive = reads(w, seed)
				}
				for range 140 {
					w.step()
				}
			})
		}
	}
	if count < enough {
		return
	}
	// What never happens is not tested.
	for _, what := range happens {
		if seen[what] == 0 {
			t.Errorf("no walk came to: %s (of %v)", what, seen)
		}
	}
}

// step decides one batch, applies it and looks at everything.
func (w *walk) step() {
	w.now += Time(w.rand.Int64N(int64(4 * minute)))
	now := w.now
	if w.rand.IntN(10) == 0 {
		now -= 2 * minute // another leader's clock
	}
	var requests []Request
	for range w.rand.IntN(9) {
		requests = append(requests, w.request())
	}
	if w.archive != nil {
		requests = append(requests, w.archive.asks()...)
	}
	page := w.tail
	if w.onTail >= w.fill {
		page, w.onTail = page+1, 0
	}
	b := Decide(w.s, requests, now, page, w.policy)
	thorough := w.rand.IntN(3) == 0
	if thorough {
		w.unchanged()
	}
	w.bounds(b, page)
	known, passed := slices.Collect(w.s.Reservations()), w.s.endsPassed
	w.count(requests, b)
	if w.archive != nil {
		w.archive.watch(requests, b)
	}
	w.land(b, page)
	if w.archive != nil {
		w.archive.read()
	}
	w.text = dump(w.t, w.s)
	if thorough {
		check(w.t, w.s)
		w.finds()
		w.replays()
	}
	w.oracle.batch(requests, b, known, passed)
}

// unchanged checks that State is as it was before Decide.
func (w *walk) unchanged() {
	if diff := cmp.Diff(w.text, dump(w.t, w.s)); diff != "" {
		w.t.Fatalf("Decide has changed State (-before +after):\n%s", diff)
	}
	check(w.t, w.s)
}

// count notes what happened.
func (w *walk) count(requests []Request, b Batch) {
	for i, a := range b.Answers {
		w.seen[fmt.Sprintf("%d of %T", a.Verdict, requests[i])]++
	}
	w.seen["restated"] += b.Restated
	w.seen["head moves"] += int(b.Head - w.s.Head())
}

// bounds checks what is promised of every batch.
func (w *walk) bounds(b Batch, page uint64) {
	bytes := 0
	for _, record := range b.Records {
		bytes += len(record)
	}
	if bytes > w.policy.Batch {
		w.t.Fatalf("%d bytes in a batch of %d", bytes, w.policy.Batch)
	}
	was := w.s.Marks()
	m := b.Marks
	if m.At < was.At || m.Outcomes < was.Outcomes || m.Published < was.Published || m.Forgotten < was.Forgotten || m.Gone < was.Gone ||
		m.Items < was.Items || b.Head < w.s.Head() {
		w.t.Fatalf("a mark is lowered: %+v after %+v", m, was)
	}
	if b.Head > page {
		w.t.Fatalf("head %d is past the tail %d", b.Head, page)
	}
	if limit := m.At - w.policy.Grace; m.Forgotten > was.Forgotten && m.Forgotten > limit {
		w.t.Fatalf("the mark of what was forgotten rises to %d, later than %d", m.Forgotten, limit)
	}
}

// land stores a batch and applies it.
func (w *walk) land(b Batch, page uint64) {
	w.tail = page
	for _, record := range b.Records {
		w.onTail += int64(len(record))
	}
	write := &Write{Page: page, Head: b.Head, Marks: b.Marks, Records: b.Records, Stored: w.onTail/2 + 1}
	w.history = append(w.history, write)
	if err := w.s.Apply(write); err != nil {
		w.t.Fatal(err)
	}
}

// finds compares what is found by cart and by order with all that is remembered.
func (w *walk) finds() {
	carts, orders := map[ID]int{}, map[ID]int{}
	for r := range w.s.Reservations() {
		carts[r.Cart]++
		orders[r.CurrentOrder()]++
	}
	for cart, n := range carts {
		if got := len(w.s.OfCart(cart)); cart != "" && got != n {
			w.t.Fatalf("%d reservations of cart %q are found, %d remembered", got, cart, n)
		}
	}
	for order, n := range orders {
		if got := len(w.s.OfOrder(order)); order != "" && got != n {
			w.t.Fatalf("%d reservations of order %q are found, %d remembered", got, order, n)
		}
	}
	if carts["basket-1"] > 1 && orders["order-1"] > 0 {
		w.seen["found by cart and order"]++
	}
	if w.s.OfCart("nobody's") != nil {
		w.t.Fatal("a cart is found that nobody had")
	}
}

// replays compares the State that followed with one that reads all of the history, and
// with one that reads whole pages from the head on.
func (w *walk) replays() {
	want := w.text
	if w.rand.IntN(10) == 0 {
		whole := New()
		for _, write := range w.history {
			if err := whole.Apply(write); err != nil {
				w.t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, dump(w.t, whole)); diff != "" {
			w.t.Fatalf("all of the history says otherwise (-followed +replayed):\n%s", diff)
		}
	}
	fresh := New()
	for _, write := range w.pages() {
		if err := fresh.Apply(write); err != nil {
			w.t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, dump(w.t, fresh)); diff != "" {
		w.t.Fatalf("the pages from the head on say otherwise (-followed +replayed):\n%s", diff)
	}
	check(w.t, fresh)
	clone := w.s.Clone()
	check(w.t, clone)
	if diff := cmp.Diff(want, dump(w.t, clone)); diff != "" {
		w.t.Fatalf("the clone differs (-original +clone):\n%s", diff)
	}
}

// pages are the pages that count, each as one write.
func (w *walk) pages() []*Write {
	var pages []*Write
	for _, write := range w.history {
		if write.Page < w.s.Head() {
			continue
		}
		if last := len(pages) - 1; last >= 0 && pages[last].Page == write.Page {
			records := append(slices.Clip(pages[last].Records), write.Records...)
			pages[last] = modified(*write, func(p *Write) { p.Records = records }).pointer()
			continue
		}
		pages = append(pages, write)
	}
	return pages
}

func (w Write) pointer() *Write { return &w }
