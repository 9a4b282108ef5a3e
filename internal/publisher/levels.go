package publisher

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	// levelReader is the name of the reader that says that levels are told, and the beginning of
	// the names of those that say what was told of one StockItem: its uid follows.
	levelReader = "stock"
	levelPrefix = levelReader + "/"
	levelsTold  = "told"

	// levelPace is how often stock is looked at, and levelRest how many times as long as a look
	// took none follows: it looks at all StockItems.
	levelPace = time.Second
	levelRest = 50
)

// The levels of a StockItem.
const (
	levelOK  = "ok"
	levelLow = "low"
	levelOut = "out"
)

// level is what was told of a StockItem, as the journal has it. A change that is to be told stands
// there first: whoever leads tells it, under one id with one payload, until the sink has it.
type level struct {
	// N counts what was told of the item. Level is the one that the item came to.
	N     uint64 `json:"n,omitempty"`
	Level string `json:"level"`
	// Tell is the type of the event that is to be delivered still, about Change.
	Tell   string               `json:"tell,omitempty"`
	Change *events.StockChanged `json:"change,omitempty"`
}

// levels tell the sink when the stock of one namespace runs out, is back, or is low. They have
// nothing of the outcomes' line: one change after the other is sent, and one that fails
// waits without the others.
type levels struct {
	*Publisher
	namespace string
	source    source
	// asked is what the journal was asked to say, by reader, and when.
	asked map[string]asked
	asks  []stock.Register
	// failures and again are of changes that failed, by reader.
	failures map[string]int
	again    map[string]time.Time
	lookAt   time.Time
}

type asked struct {
	position string
	at       time.Time
}

// unsent is a change that the journal says is to be told.
type unsent struct {
	reader string
	level  level
}

// tellsLevels tells whether any change of stock is told.
func (p *Publisher) tellsLevels() bool { return p.options.RanOut || p.options.Back || p.options.Low }

// watchLevels tells changes of stock until ctx ends, beside the outcomes.
func (c *course) watchLevels(ctx context.Context) (ended *sync.WaitGroup) {
	l := &levels{
		Publisher: c.Publisher, namespace: c.namespace, source: c.source,
		asked: map[string]asked{}, failures: map[string]int{}, again: map[string]time.Time{},
	}
	ended = &sync.WaitGroup{}
	ended.Go(func() { l.run(ctx) })
	return ended
}

func (l *levels) run(ctx context.Context) {
	for ctx.Err() == nil {
		news, to := l.source.News(), l.destination(l.namespace)
		began := l.options.Clock.Now()
		pending := l.look(to)
		l.flush()
		l.lookAt = l.options.Clock.Now().Add(max(levelPace, levelRest*l.options.Clock.Since(began)))
		next := l.lookAt.Add(time.Hour)
		for _, u := range pending {
			if at := l.again[u.reader]; at.After(l.options.Clock.Now()) {
				if at.Before(next) {
					next = at
				}
				continue
			}
			l.tell(ctx, to.sink, u)
		}
		l.flush()
		l.rest(ctx, news, to, next)
	}
}

// rest waits until there may be something to do, and at least until the next look may be taken.
func (l *levels) rest(ctx context.Context, news <-chan struct{}, to *destination, next time.Time) {
	select {
	case <-l.options.Clock.After(l.lookAt.Sub(l.options.Clock.Now())):
	case <-ctx.Done():
		return
	}
	timer := l.options.Clock.NewTimer(max(0, next.Sub(l.options.Clock.Now())))
	defer timer.Stop()
	select {
	case <-news:
	case <-timer.C():
	case <-to.changed:
	case <-ctx.Done():
	}
}

// look compares the stock with what was told of it, has the journal say what is to be told, and
// returns what it says already.
func (l *levels) look(to *destination) (pending []unsent) {
	l.source.Read(func(s *stock.State, j *journal.Log) {
		if !j.Leading() || to.wait {
			return
		}
		l.forgetGone(s)
		_, told := s.Reader(levelReader)
		if !l.tellsLevels() || to.nowhere() {
			l.forget(s, told)
			return
		}
		for item := range s.Items() {
			reader := levelPrefix + string(item.UID)
			before := readLevel(s, reader)
			if before.Tell != "" {
				pending = append(pending, unsent{reader, before})
				continue
			}
			delete(l.again, reader)
			if after, changed := l.changed(s, item, before, told); changed {
				l.record(reader, after)
			}
		}
		for reader := range s.Readers(levelPrefix) {
			if _, ok := s.Item(stock.ID(reader[len(levelPrefix):])); !ok {
				l.ask(reader, "")
			}
		}
		if !told {
			l.ask(levelReader, levelsTold)
		}
	})
	return pending
}

// forgetGone drops what is remembered of items that are no more.
func (l *levels) forgetGone(s *stock.State) {
	now := l.options.Clock.Now()
	maps.DeleteFunc(l.asked, func(_ string, a asked) bool { return now.Sub(a.at) >= markAgain })
	gone := func(reader string) bool { _, ok := s.Reader(reader); return !ok }
	maps.DeleteFunc(l.failures, func(reader string, _ int) bool { return gone(reader) })
	maps.DeleteFunc(l.again, func(reader string, _ time.Time) bool { return gone(reader) })
}

// forget takes off all that was told: it is told no more, and not what changes meanwhile.
func (l *levels) forget(s *stock.State, told bool) {
	for reader := range s.Readers(levelPrefix) {
		l.ask(reader, "")
	}
	if told {
		l.ask(levelReader, "")
	}
}

// readLevel is what was told of an item. One of which nothing was told had enough.
func readLevel(s *stock.State, reader string) level {
	known := level{Level: levelOK}
	if position, ok := s.Reader(reader); ok {
		if err := json.Unmarshal([]byte(position), &known); err != nil {
			return level{Level: levelOK}
		}
	}
	return known
}

// changed is what is to be said of an item that has come to another level. What had come about
// before changes began to be told is said, and not told.
func (l *levels) changed(s *stock.State, item stock.Item, before level, told bool) (after level, changed bool) {
	p, ok := s.Figures(item.UID)
	if !ok || !p.Serving || item.Untracked {
		return before, false
	}
	after = level{N: before.N, Level: levelOf(p.Available, item.LowStock)}
	if after.Level == before.Level {
		return before, false
	}
	if after.Tell = l.eventOf(before.Level, after.Level); !told || after.Tell == "" {
		after.Tell = ""
		return after, true
	}
	after.N++
	after.Change = &events.StockChanged{
		Name: item.Name, ProductID: string(item.Product), LocationID: item.Location,
		Available: p.Available, LowStockThreshold: item.LowStock, At: metav1.NewMicroTime(time.UnixMicro(int64(s.Marks().At)).UTC()),
	}
	return after, true
}

func levelOf(available, threshold int64) string {
	switch {
	case available <= 0:
		return levelOut
	case available <= threshold:
		return levelLow
	default:
		return levelOK
	}
}

// eventOf is the type of the event that tells a change, empty where none does.
func (l *levels) eventOf(before, after string) string {
	switch {
	case after == levelOut && l.options.RanOut:
		return events.TypeStockRanOut
	case before == levelOut && l.options.Back:
		return events.TypeStockBack
	case before != levelLow && after == levelLow && l.options.Low:
		return events.TypeStockLow
	default:
		return ""
	}
}

// record has the journal say what was told of an item.
func (l *levels) record(reader string, of level) {
	text, err := json.Marshal(of)
	if err != nil {
		panic(err) // strings, numbers and times are always JSON
	}
	l.ask(reader, string(text))
}

// ask has the journal say something, once, unless it was lost.
func (l *levels) ask(reader, position string) {
	now := l.options.Clock.Now()
	if before, ok := l.asked[reader]; ok && before.position == position && now.Sub(before.at) < markAgain {
		return
	}
	l.asked[reader] = asked{position, now}
	l.asks = append(l.asks, stock.Register{Name: reader, Position: position})
}

// flush passes on what is asked for: not while State is read, which would wait for itself.
func (l *levels) flush() {
	for _, register := range l.asks {
		l.source.Tell(register)
	}
	l.asks = nil
}

// tell sends one change, and has the journal say that it was told.
func (l *levels) tell(ctx context.Context, sink *target, u unsent) {
	a := l.send(ctx, sink, l.event(u), l.failures[u.reader] > 0)
	now := l.options.Clock.Now()
	switch {
	case a.verdict == accepted:
		delete(l.failures, u.reader)
		l.again[u.reader] = now.Add(markAgain) // until the journal says so
		u.level.Tell, u.level.Change = "", nil
		l.record(u.reader, u.level)
	case ctx.Err() != nil:
	default:
		l.failures[u.reader]++
		pause := l.afterFailure
		switch {
		case a.verdict == refused:
			pause = l.afterRefusal
		case a.absent:
			pause = l.whileAbsent
		}
		l.again[u.reader] = now.Add(max(pause.delay(l.failures[u.reader], l.random), a.retryAfter))
	}
}

// event is the one that tells a change.
func (l *levels) event(u unsent) event.Event {
	id := fmt.Sprintf("%s.%d", u.reader[len(levelPrefix):], u.level.N)
	return events.StockChange(l.namespace, u.level.Tell, id, *u.level.Change)
}
