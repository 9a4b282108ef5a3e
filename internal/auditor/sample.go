package auditor

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"time"

	"k8s.io/utils/clock"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// runner is what an audit needs of an allocator.Runner.
type runner interface {
	Read(read func(*stock.State, *journal.Log))
	Leading() bool
	Await(ctx context.Context, p allocator.Position) error
}

// sampleSize is how many things are read of State at a time: decisions wait meanwhile.
const sampleSize = 500

// sample is a part of State, as it was at a place.
type sample struct {
	at    place
	head  uint64
	marks stock.Marks

	// carts stand for what was known of each, 0 for nothing.
	carts map[stock.ID]uint64
	items map[stock.ID]itemSample
	sums  *sumsSample
}

type itemSample struct {
	known    bool
	item     stock.Item
	position stock.ItemFigures
}

// sumsSample is what there is of all.
type sumsSample struct {
	remembered, items, open, undelivered int64
	totals                               stock.Totals
	readers                              string
}

// errTurned says that State cannot be compared with the book any more: this process does not
// lead, it leads another journal, or State has not reached the book's header within behindFor.
var errTurned = errors.New("this process does not lead any more, or its memory is behind the stored pages")

// behindFor is how long State is waited for while others read, after a first try of followEvery;
// behindPause is between two looks.
const (
	behindFor   = 10 * time.Second
	behindPause = 20 * time.Millisecond
)

// sampling reads State part by part.
type sampling struct {
	runner runner
	// from is the reading with whose book State is to be compared.
	from  *reading
	clock clock.PassiveClock
	wait  func(ctx context.Context, d time.Duration) error
	// rest lets others read while State is waited for, and keepUp reads what is written meanwhile.
	rest   func(ctx context.Context, wait func(context.Context) error) error
	keepUp func(ctx context.Context) error
}

// read reads State, once it includes all that the book had read when it began: at once, or in a
// moment mostly. Others read where that takes longer.
func (s sampling) read(ctx context.Context, read func(*stock.State)) (sample, error) {
	taken, reached, err := s.poll(ctx, read, followEvery)
	if err == nil && !reached {
		err = s.rest(ctx, func(ctx context.Context) error {
			taken, reached, err = s.poll(ctx, read, behindFor)
			return err
		})
	}
	if err == nil && !reached {
		err = errTurned
	}
	return taken, err
}

// poll reads State, unless it does not include all of that for so long.
func (s sampling) poll(ctx context.Context, read func(*stock.State), patience time.Duration) (taken sample, reached bool, err error) {
	for began := s.clock.Now(); ; {
		taken, reached, err = s.once(read)
		if reached || err != nil || s.clock.Since(began) >= patience {
			return taken, reached, err
		}
		if err := s.wait(ctx, behindPause); err != nil {
			return taken, false, err
		}
		if err := s.keepUp(ctx); err != nil {
			return taken, false, err
		}
	}
}

// once reads State if it includes all of that. What was written without records is in no position:
// the marks show it.
func (s sampling) once(read func(*stock.State)) (taken sample, reached bool, err error) {
	s.runner.Read(func(state *stock.State, log *journal.Log) {
		if !log.Leading() || log.Identity() != s.from.book.journal {
			err = errTurned
			return
		}
		if reached = reaches(state, s.from.oldest.head, s.from.oldest.marks); reached {
			at := log.Position()
			taken = sample{at: place{at.Page, at.Index}, head: state.Head(), marks: state.Marks()}
			read(state)
		}
	})
	return taken, reached, err
}

// reaches tells whether State includes a header.
func reaches(state *stock.State, head uint64, marks stock.Marks) bool {
	return state.Head() >= head && includes(state.Marks(), marks)
}

func includes(m, of stock.Marks) bool {
	return m.At >= of.At && m.Outcomes >= of.Outcomes && m.Published >= of.Published &&
		m.Forgotten >= of.Forgotten && m.Gone >= of.Gone && m.Items >= of.Items
}

// ofCarts reads what State knows of some reservations.
func (s sampling) ofCarts(ctx context.Context, ids []stock.ID) (sample, error) {
	known := make([]*stock.Reservation, len(ids))
	taken, err := s.read(ctx, func(state *stock.State) {
		for i, id := range ids {
			known[i], _ = state.Reservation(id)
		}
	})
	if err != nil {
		return taken, err
	}
	taken.carts = make(map[stock.ID]uint64, len(ids))
	for i, id := range ids {
		taken.carts[id] = 0
		if known[i] != nil {
			taken.carts[id] = fingerprint(encode(known[i]))
		}
	}
	return taken, nil
}

// ofItems reads what State knows of some StockItems.
func (s sampling) ofItems(ctx context.Context, uids []stock.ID) (sample, error) {
	items := make(map[stock.ID]itemSample, len(uids))
	taken, err := s.read(ctx, func(state *stock.State) {
		for _, uid := range uids {
			var i itemSample
			if i.item, i.known = state.Item(uid); i.known {
				i.position, _ = state.Figures(uid)
			}
			items[uid] = i
		}
	})
	taken.items = items
	return taken, err
}

// ofSums reads the sums.
func (s sampling) ofSums(ctx context.Context) (sample, error) {
	var sums sumsSample
	taken, err := s.read(ctx, func(state *stock.State) {
		sums = sumsSample{remembered: int64(state.Remembered()), totals: state.Totals(), readers: pageReadersOf(state)}
		for range state.Items() {
			sums.items++
		}
		for range state.Open() {
			sums.open++
		}
		for range state.Unpublished() {
			sums.undelivered++
		}
	})
	taken.sums = &sums
	return taken, err
}

func fingerprint(text string) uint64 {
	return max(1, maphash.String(seed, text))
}

// compare compares what State knew with the book, which stands at the sample's place.
func (s *sample) compare(b *Book) []Difference {
	b.published = max(b.published, s.marks.Published)
	b.Pass(s.head)
	c := &comparison{kind: KindMemory}
	for id, knew := range s.carts {
		c.object = "the operator's memory of Reservation " + string(id)
		known, want := b.carts[id], uint64(0)
		if known != nil {
			want = fingerprint(known.record)
		}
		switch {
		case want == knew:
		case knew == 0:
			figure(c, "content", "what the journal says", "forgotten")
		case known == nil:
			figure(c, "content", "forgotten", "still there")
		default:
			figure(c, "content", "what the journal says", "something else")
		}
	}
	for uid, knew := range s.items {
		s.compareItem(c, b, uid, knew)
	}
	if s.sums != nil {
		s.compareSums(c, b)
	}
	return c.found
}

func (s *sample) compareItem(c *comparison, b *Book, uid stock.ID, knew itemSample) {
	known := b.items[uid]
	c.object = "the operator's memory of StockItem " + string(uid)
	if known != nil {
		c.object = "the operator's memory of StockItem " + known.Name
	}
	if (known != nil) != knew.known {
		figure(c, "is known", known != nil, knew.known)
		return
	}
	if known == nil {
		return
	}
	figure(c, "spec", fmt.Sprintf("%+v", known.Item), fmt.Sprintf("%+v", knew.item))
	is, _ := b.figures(uid)
	figure(c, "serving", is.ServingName, knew.position.ServingName)
	figure(c, "waits", is.Waits, knew.position.Waits)
	figure(c, "onHand", is.OnHand, knew.position.OnHand)
	figure(c, "reserved", is.Reserved, knew.position.Reserved)
	figure(c, "available", is.Available, knew.position.Available)
	figure(c, "shortfall", is.Shortfall, knew.position.Shortfall)
	figure(c, "consumed", is.Consumed, knew.position.Consumed)
	figure(c, "refused", is.Refused, knew.position.Refused)
}

func (s *sample) compareSums(c *comparison, b *Book) {
	c.object = "the operator's memory of the namespace"
	is := b.totals()
	figure(c, "reservations", int64(len(b.carts)), s.sums.remembered)
	figure(c, "open reservations", b.held, s.sums.open)
	figure(c, "undelivered outcomes", b.undelivered(s.marks.Published), s.sums.undelivered)
	figure(c, "StockItems", int64(len(b.items)), s.sums.items)
	figure(c, "serving StockItems", is.Items, s.sums.totals.Items)
	figure(c, "onHand", is.OnHand, s.sums.totals.OnHand)
	figure(c, "reserved", is.Reserved, s.sums.totals.Reserved)
	figure(c, "available", is.Available, s.sums.totals.Available)
	figure(c, "consumed", is.Consumed, s.sums.totals.Consumed)
	figure(c, "reserved without a StockItem", is.WithoutItem, s.sums.totals.WithoutItem)
	figure(c, "readers of the journal", b.pageReaders(), s.sums.readers)
}

// beyond finds what State claims of the journal's header that was not even stored later.
func (s *sample) beyond(r *reading) []Difference {
	if s.head <= r.newest.head && includes(r.newest.marks, s.marks) {
		return nil
	}
	return []Difference{{
		Kind: KindMemory, Object: "the operator's memory of the namespace", Figure: "marks",
		Expected: fmt.Sprintf("at most head %d, %+v", r.newest.head, r.newest.marks), Found: fmt.Sprintf("head %d, %+v", s.head, s.marks),
	}}
}
