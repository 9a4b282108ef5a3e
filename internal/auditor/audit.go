package auditor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	// maxLooks bounds one audit.
	maxLooks = 4
	// followEvery is how often what is written meanwhile is read: before pages are written
	// over.
	followEvery = 500 * time.Millisecond
	// awaitFor is how long one try of an audit waits for State to get as far as the pages. It
	// is behind them for as long as the answer to a write takes.
	awaitFor = 10 * time.Second
	// maxAhead bounds the records that are kept before the book has them, once nothing more of
	// State is to be compared with the book at earlier places.
	maxAhead = 10000
	// maxMoving bounds the objects that are kept until the book has reached their positions,
	// maxSuspects those that are looked at again.
	maxMoving, maxSuspects = 5000, 300
)

// audit is one audit of a namespace.
type audit struct {
	namespace string
	// runner is nil where nobody's memory is looked at.
	runner  runner
	pages   pageReader
	objects client.Reader
	clock   clock.PassiveClock
	// wait lets time pass.
	wait func(ctx context.Context, d time.Duration) error
	// turn is this audit's leave to read, nil where nobody else reads.
	turn *turn
	// pause is between looks, busy tells whether views wait to be written.
	pause time.Duration
	busy  func() bool

	reading  *reading
	samples  []sample
	suspects map[subject]*suspect
	followed time.Time
	// compared says that State has been compared.
	compared bool

	// found is what is certainly wrong, dropped how many objects were not judged.
	found   []Difference
	dropped int
}

// result is what an audit found.
type result struct {
	found     []Difference
	more      int
	unsettled int
	// stale are the objects that show what they should not.
	stale []*suspect
}

// run looks at the namespace until everything that looked wrong is settled, or for long
// enough.
func (a *audit) run(ctx context.Context) (result, error) {
	if err := a.first(ctx); err != nil {
		return result{}, err
	}
	a.keepFew()
	for look := 2; look <= maxLooks && a.open() > 0; look++ {
		if err := a.pass(ctx, a.pause); err != nil {
			return result{}, err
		}
		if err := a.again(ctx); err != nil {
			return result{}, err
		}
	}
	return a.conclude(ctx)
}

// first takes the first look: at everything.
func (a *audit) first(ctx context.Context) error {
	var err error
	if a.reading, err = open(ctx, a.pages, a.namespace); err != nil {
		return err
	}
	a.followed, a.suspects = a.clock.Now(), map[subject]*suspect{}
	if a.runner != nil {
		b := a.reading.book
		if err := a.awaitState(ctx, b.at.position(b.journal)); err != nil {
			return err
		}
		if err := a.sampleState(ctx); err != nil {
			return err
		}
	}
	if err := a.readObjects(ctx); err != nil {
		return err
	}
	if err := a.settle(ctx); err != nil {
		return err
	}
	a.compared = true
	return nil
}

// awaitState waits until State has got as far as a position, as it has at once or in a moment
// mostly. Others read where that takes longer.
func (a *audit) awaitState(ctx context.Context, position allocator.Position) error {
	late, err := a.awaitSoon(ctx, position)
	if !late {
		return err
	}
	return a.rest(ctx, func(ctx context.Context) error {
		for began := a.clock.Now(); late && a.clock.Since(began) < awaitFor; {
			if err := a.keepUp(ctx); err != nil {
				return err
			}
			late, err = a.awaitSoon(ctx, position)
		}
		return err
	})
}

// awaitSoon waits for State for a moment, and tells whether that was too short.
func (a *audit) awaitSoon(ctx context.Context, position allocator.Position) (late bool, err error) {
	soon, cancel := context.WithTimeout(ctx, followEvery)
	defer cancel()
	err = a.runner.Await(soon, position)
	return err != nil && soon.Err() != nil && ctx.Err() == nil, err
}

// sampleState reads all of State, a part at a time.
func (a *audit) sampleState(ctx context.Context) error {
	from := sampling{runner: a.runner, from: a.reading, clock: a.clock, wait: a.wait, rest: a.rest, keepUp: a.keepUp}
	b := a.reading.book
	for ids := range slices.Chunk(slices.Collect(maps.Keys(b.carts)), sampleSize) {
		if err := a.take(ctx, func() (sample, error) { return from.ofCarts(ctx, ids) }); err != nil {
			return err
		}
	}
	for uids := range slices.Chunk(slices.Collect(maps.Keys(b.items)), sampleSize) {
		if err := a.take(ctx, func() (sample, error) { return from.ofItems(ctx, uids) }); err != nil {
			return err
		}
	}
	return a.take(ctx, func() (sample, error) { return from.ofSums(ctx) })
}

func (a *audit) take(ctx context.Context, read func() (sample, error)) error {
	taken, err := read()
	if err != nil {
		return err
	}
	a.samples = append(a.samples, taken)
	return a.keepUp(ctx)
}

// keepUp reads what was written meanwhile, now and then.
func (a *audit) keepUp(ctx context.Context) error {
	if a.clock.Since(a.followed) < followEvery {
		return nil
	}
	a.followed = a.clock.Now()
	if err := a.reading.follow(ctx); err != nil || !a.compared {
		return err
	}
	return a.reading.shorten(maxAhead)
}

// pass lets time pass in which others may read, and keeps up meanwhile.
func (a *audit) pass(ctx context.Context, d time.Duration) error {
	return a.rest(ctx, func(ctx context.Context) error {
		for ; d > 0; d -= followEvery {
			if err := a.wait(ctx, min(d, followEvery)); err != nil {
				return err
			}
			if err := a.keepUp(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// rest waits, and lets others read meanwhile. It returns once this audit may read again.
func (a *audit) rest(ctx context.Context, wait func(context.Context) error) error {
	if a.turn == nil {
		return wait(ctx)
	}
	return a.turn.rest(ctx, wait, a.keepUpQueued)
}

// keepUpQueued is keepUp of an audit that waits for its turn, maybe with many others: it reads only
// where this process knows that something was written.
func (a *audit) keepUpQueued(ctx context.Context) error {
	moved := true
	if a.runner != nil {
		a.runner.Read(func(_ *stock.State, log *journal.Log) {
			at := log.Position()
			moved = !log.Leading() || place{at.Page, at.Index} != a.reading.end()
		})
	}
	if !moved {
		return nil
	}
	return a.keepUp(ctx)
}

// keeps is about how many things it keeps in memory.
func (a *audit) keeps() int {
	return len(a.reading.book.carts) + len(a.reading.book.items) + len(a.suspects)
}

// suspect keeps an object to be judged later.
func (a *audit) suspect(s *suspect) {
	if len(a.suspects) >= maxMoving && s.verdict != wrong {
		a.dropped++
		return
	}
	a.suspects[subject{s.kind, s.uid}] = s
}

// settle reads on to the end of the journal and judges what was read before at the place
// where it stands.
func (a *audit) settle(ctx context.Context) error {
	if err := a.reading.follow(ctx); err != nil {
		return err
	}
	b, end := a.reading.book, a.reading.end()
	waiting := slices.SortedStableFunc(maps.Values(a.suspects), func(s, t *suspect) int { return s.at.compare(t.at) })
	waiting = slices.DeleteFunc(waiting, func(s *suspect) bool { return !s.named || !s.at.covers(b.at) || !end.covers(s.at) })
	judged := map[*suspect]bool{}
	judgeUpTo := func(to place) error {
		for len(waiting) > 0 && to.covers(waiting[0].at) {
			if err := a.reading.advance(waiting[0].at); err != nil {
				return err
			}
			waiting[0].judge(b)
			judged[waiting[0]] = true
			waiting = waiting[1:]
		}
		return a.reading.advance(to)
	}
	for i := range a.samples {
		s := &a.samples[i]
		if !end.covers(s.at) {
			a.found = append(a.found, Difference{
				Kind: KindMemory, Object: "the operator's memory of the namespace", Figure: "position",
				Expected: fmt.Sprintf("%v at most", end), Found: fmt.Sprint(s.at),
			})
			continue
		}
		if err := judgeUpTo(s.at); err != nil {
			return err
		}
		a.found = append(a.found, s.compare(b)...)
		a.found = append(a.found, s.beyond(a.reading)...)
	}
	a.samples = nil
	if err := judgeUpTo(end); err != nil {
		return err
	}
	a.judgeRest(judged)
	return nil
}

// judgeRest judges those that have not been judged at their own places, and lets go of
// those that agree.
func (a *audit) judgeRest(judged map[*suspect]bool) {
	busy := a.busy()
	for key, s := range a.suspects {
		if !judged[s] {
			s.judge(a.reading.book)
		}
		switch {
		case s.verdict == agrees:
			delete(a.suspects, key)
		case s.verdict == lags && busy:
			s.looks = 0 // its turn may come
		default:
			s.looks = 1
		}
	}
}

// keepFew lets go of suspects that are too many to be looked at again.
func (a *audit) keepFew() {
	kept := map[verdict]int{}
	for key, s := range a.suspects {
		if kept[s.verdict]++; kept[s.verdict] > maxSuspects {
			delete(a.suspects, key)
			a.dropped++
		}
	}
}

// again looks at the suspects once more.
func (a *audit) again(ctx context.Context) error {
	before := a.suspects
	a.suspects = map[subject]*suspect{}
	for key, was := range before {
		is, err := a.readAgain(ctx, was)
		if err != nil {
			return err
		}
		if is != nil {
			a.suspects[key] = is
		}
		if err := a.keepUp(ctx); err != nil {
			return err
		}
	}
	if err := a.settle(ctx); err != nil {
		return err
	}
	for key, is := range a.suspects {
		was := before[key]
		if is.version != was.version {
			continue // it was written since: this was the first look at it
		}
		if was.verdict == wrong {
			// It still shows what was not true at its position.
			is.verdict, is.looks = wrong, was.looks+1
		} else if is.verdict == lags && is.changed == was.changed && is.looks > 0 {
			is.looks += was.looks
		}
	}
	return nil
}

// open is the number of suspects that another look may settle.
func (a *audit) open() (n int) {
	for _, s := range a.suspects {
		if !s.confirmed() {
			n++
		}
	}
	return n
}

// confirmed tells whether enough looks have found an object wrong.
func (s *suspect) confirmed() bool {
	if s.verdict == wrong {
		return s.looks >= 2
	}
	return s.looks >= maxLooks
}

// conclude says what was found. Of a namespace that is going nothing is said.
func (a *audit) conclude(ctx context.Context) (result, error) {
	b := a.reading.book
	r := result{found: slices.Concat(a.found, b.found), more: b.more, unsettled: a.dropped}
	for _, s := range a.suspects {
		if s.confirmed() {
			r.found = append(r.found, s.found...)
			r.stale = append(r.stale, s)
		} else {
			r.unsettled += max(1, len(s.found))
		}
	}
	sorted(r.found)
	if len(r.found) == 0 {
		return r, nil
	}
	leaving, err := a.leaving(ctx)
	if err == nil && leaving {
		err = errLeaving
	}
	return r, err
}

// errLeaving says that the namespace is being deleted, or is another.
var errLeaving = errors.New("the namespace is being deleted")
