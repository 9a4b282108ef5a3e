package publisher

import (
	"context"
	"sync"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// course delivers the outcomes of one namespace. One goroutine runs it, and all that it
// has is that goroutine's; sends run beside it and report to it.
type course struct {
	*Publisher
	namespace string
	source    source
	line      *line
	ends      ends
	strain    strain
	mark      mark
	// to is where the outcomes go.
	to   *destination
	lane *lane
	// results has room for all sends under way, so that each is told before the turn of its
	// send is another's.
	sending sending
	sends   sync.WaitGroup
	results chan result
	// recallAt is when objects that say Delivered=False are looked for again.
	recallAt time.Time

	// failing are the outcomes that failed and have not been taken since; took says
	// that the sink took one in this term; sayAt is when it is looked at what is to be said.
	failing map[*outcome]failure
	took    bool
	sayAt   time.Time
}

func newCourse(p *Publisher, namespace string, from source) *course {
	return &course{
		Publisher: p, namespace: namespace, source: from, to: p.destination(namespace), lane: newLane(),
		results: make(chan result, p.window.size),
	}
}

// lead delivers until the term ends.
func (c *course) lead(ctx context.Context) {
	if !c.begin() {
		return
	}
	show := gaugesOf(c.namespace)
	defer hide(c.namespace)
	defer c.say(c.namespace, nil)
	defer c.end()
	defer c.watchLevels(ctx).Wait()
	news := closed()
	for ctx.Err() == nil {
		now := c.options.Clock.Now()
		c.aim()
		if !now.Before(c.recallAt) {
			c.recall(ctx)
		}
		c.want(now)
		c.tell(now)
		c.tellEnds(now)
		show.set(c.line, c.ends.line)
		c.saying(now)
		timer := c.options.Clock.NewTimer(c.pause(now))
		select {
		case <-ctx.Done():
		case <-timer.C():
		case <-c.to.changed:
		case <-news:
			news = c.source.News()
			c.take()
		case doubt := <-c.lane.turn:
			c.start(ctx, doubt)
		case r := <-c.results:
			c.settle(r)
		}
		timer.Stop()
	}
}

// aim looks where the outcomes go. What failed there before says nothing of another sink, and
// where they go nowhere they all count as delivered.
func (c *course) aim() {
	to := c.destination(c.namespace)
	if to == c.to {
		return
	}
	c.to = to
	c.strain, c.took, c.sayAt = strain{}, false, time.Time{}
	clear(c.failing)
	c.line.hurry()
	c.ends.hurry()
	if to.nowhere() {
		c.line.drop()
		told := c.ends.told
		c.ends = newEnds(c.line)
		c.ends.told = told
	}
	c.take()
}

// closed is a channel that tells at once.
func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// begin takes in where the journal stands; false if the term is over already.
func (c *course) begin() (leading bool) {
	c.source.Read(func(s *stock.State, l *journal.Log) {
		if leading = l.Leading(); !leading {
			return
		}
		published := s.Marks().Published
		if c.line == nil || c.line.journal != l.Identity() {
			c.line = newLine(l.Identity(), published)
		}
		c.line.begin(published)
		c.ends = newEnds(c.line)
	})
	c.strain, c.mark, c.recallAt = strain{}, mark{}, time.Time{}
	c.failing, c.took, c.sayAt = map[*outcome]failure{}, false, time.Time{}
	return leading
}

// take takes in what State has, as far as there is room. A State that is not whole, or not
// of this journal, is that of another term: this one ends.
func (c *course) take() {
	c.source.Read(func(s *stock.State, l *journal.Log) {
		if !l.Leading() || l.Identity() != c.line.journal {
			return
		}
		defer c.takeEnds(s)
		marks := s.Marks()
		c.line.outcomes, c.line.published = marks.Outcomes, marks.Published
		c.line.more = false
		if !c.to.nowhere() {
			room := c.line.room(c.lookAhead, c.most)
			for r := range s.UnpublishedAfter(c.line.taken) {
				if room == 0 {
					c.line.more = true
					return
				}
				c.line.take(r)
				room--
			}
		}
		c.line.taken = max(c.line.taken, marks.Outcomes)
	})
}

// want asks for a turn where there is something to send.
func (c *course) want(now time.Time) {
	if may := c.allowed(now); c.line.ready(now, may) || c.ends.ready(now, may) {
		c.window.ask(c.lane, c.strain.troubled())
	}
}

// allowed is what may begin now.
func (c *course) allowed(now time.Time) allowed {
	if c.to.wait {
		return allowed{}
	}
	return allowed{
		fresh: c.strain.allowsFresh(c.sending, now), retry: c.strain.allowsRetry(c.sending, c.window.size, now),
		freshFirst: c.strain.prefersFresh(),
	}
}

// start uses a turn.
func (c *course) start(ctx context.Context, doubt bool) {
	now := c.options.Clock.Now()
	o := c.next(now)
	if o == nil {
		c.window.done(doubt)
		return
	}
	o.to = c.to.sink
	c.strain.retried = o.retry()
	c.sending.begin(o)
	c.sends.Go(func() {
		c.results <- c.deliver(ctx, o)
		c.window.done(doubt)
	})
	c.refill()
}

// refill takes more outcomes once half of those that waited have been sent.
func (c *course) refill() {
	for _, l := range []*line{c.line, c.ends.line} {
		if l.more && 2*len(l.fresh) <= c.lookAhead && l.room(c.lookAhead, c.most) > 0 {
			c.take()
		}
	}
}

// settle takes in what became of a send.
func (c *course) settle(r result) {
	c.sending.end(r.outcome)
	line := c.lineOf(r.outcome)
	if line.known[r.number()] != r.outcome {
		return // it goes nowhere any more
	}
	now := c.options.Clock.Now()
	c.fared(r, now)
	switch {
	case r.failed:
		c.strain.failed(r.number(), now, c.inTrouble, c.random)
	case r.answered && c.strain.over():
		c.line.hurry()
		c.ends.hurry()
	}
	r.at = now.Add(r.after)
	switch r.end {
	case delivered:
		latency.Observe(now.Sub(time.UnixMicro(int64(r.decided()))).Seconds())
		if r.marked {
			c.line.cleared[r.number()] = true
		}
		line.delivered(r.outcome)
		c.settled(r.outcome)
		return
	case refusedForNow:
		if r.passed || line.refused < c.mostRefused {
			line.pass(r.outcome)
			c.settled(r.outcome)
		}
	}
	line.later.add(r.outcome)
}

// settled goes on after an outcome that holds up nothing any more.
func (c *course) settled(o *outcome) {
	if !o.end {
		c.ends.unblock(o.number())
	}
	c.refill()
}

// pause is how long there is nothing to do if nothing happens.
func (c *course) pause(now time.Time) time.Duration {
	next := c.recallAt
	earlier := func(at time.Time) {
		if at.After(now) && at.Before(next) {
			next = at
		}
	}
	for _, l := range []*line{c.line, c.ends.line} {
		if o := l.later.first(); o != nil {
			earlier(o.at)
		}
	}
	earlier(c.ends.mark.due)
	if tells, known := c.tellsEnds(); known && tells != c.ends.told {
		earlier(c.ends.askedAt.Add(markAgain))
	}
	earlier(c.strain.until)
	earlier(c.mark.due)
	if len(c.failing) > 0 {
		earlier(c.sayAt)
	}
	return next.Sub(now)
}

// end waits for what is under way, and tells the journal how far it came.
func (c *course) end() {
	c.window.leave(c.lane)
	c.sends.Wait()
	for c.sending.all > 0 {
		c.settle(<-c.results)
	}
	if prefix := c.line.prefix(); c.mark.news(prefix, c.line.published) {
		c.source.Tell(stock.Publish{Number: prefix})
	}
	if e := &c.ends; e.told && e.mark.news(uint64(max(0, e.position())), uint64(e.passed)) {
		c.source.Tell(stock.Register{Name: stock.EndsReader, Position: stock.EndsPosition(e.position())})
	}
}
