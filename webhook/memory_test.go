package webhook

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// memory is a Journal on an API server in memory: a real allocator, without a network.
type memory struct {
	mu     sync.Mutex
	core   *allocator.Allocator
	Server *journaltest.Server
	now    func() time.Time
	// away says that the server answers nothing. What it is asked for waits in kept.
	away bool
	kept []journal.Effect

	calls   uint64
	waiting map[uint64]chan memoryReply
	news    chan struct{}
	// asked counts the requests.
	asked int
}

type memoryReply struct {
	answer stock.Answer
	err    error
}

var _ Journal = (*memory)(nil)

// newMemory returns the journal of a process that leads, with three units of p, of which
// two are held, and one of "a/b %".
func newMemory(t testing.TB, now func() time.Time, modify ...func(*stock.Policy)) *memory {
	t.Helper()
	m := followMemory(journaltest.NewServer(), now, modify...)
	m.tell(allocator.Journal{Event: journal.Elected{}})
	for product, units := range map[stock.ID]int64{"p": 5, "a/b %": 1} {
		item := fixture.Item("item-of-"+string(product), fixture.Stocks(product, "here", units))
		if answer, err := m.Ask(t.Context(), stock.PutItem{Item: item}); err != nil || answer.Verdict != stock.Done {
			t.Fatal(fixture.Words(answer), err)
		}
	}
	held := fixture.Reserve("held", fixture.Line("p", 2), fixture.Hold(0))
	if answer, err := m.Ask(t.Context(), held); err != nil || (answer.Verdict != stock.Done && answer.Verdict != stock.Full) {
		t.Fatal(fixture.Words(answer), err)
	}
	return m
}

// followMemory returns the journal of a process that follows what is on a server.
func followMemory(server *journaltest.Server, now func() time.Time, modify ...func(*stock.Policy)) *memory {
	m := newIdle(server, now, modify...)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.perform(m.core.Start())
	return m
}

// newIdle returns the journal of a process that has read nothing yet.
func newIdle(server *journaltest.Server, now func() time.Time, modify ...func(*stock.Policy)) *memory {
	return &memory{
		core: allocator.New(fixture.Config(fmt.Sprintf("p%d", server.Version)), fixture.Policy(modify...)), Server: server, now: now,
		waiting: map[uint64]chan memoryReply{}, news: make(chan struct{}),
	}
}

// tell has events taken in.
func (m *memory) tell(events ...allocator.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.step(events...)
}

// stall makes the server stop to answer, or go on with what it was asked for.
func (m *memory) stall(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
	kept := m.kept
	m.kept = nil
	for _, effect := range kept {
		m.perform([]allocator.Effect{allocator.Perform{Effect: effect}})
	}
}

func (m *memory) step(events ...allocator.Event) {
	m.perform(m.core.Step(m.now(), events...))
	close(m.news)
	m.news = make(chan struct{})
}

func (m *memory) perform(effects []allocator.Effect) {
	for _, effect := range effects {
		switch e := effect.(type) {
		case allocator.Answered:
			m.answer(e.Call, memoryReply{answer: e.Answer})
		case allocator.Unwritable:
			m.answer(e.Call, memoryReply{err: fmt.Errorf("%w: %w", allocator.ErrUnwritable, e.Err)})
		case allocator.Ended:
			m.answer(e.Call, memoryReply{err: allocator.ErrDeposed})
		case allocator.Wake:
			time.AfterFunc(e.After, func() { m.tell(allocator.Woken{}) })
		case allocator.Perform:
			m.serve(e.Effect)
		}
	}
}

func (m *memory) serve(effect journal.Effect) {
	if wake, ok := effect.(journal.Wake); ok {
		time.AfterFunc(wake.After, func() { m.tell(allocator.Journal{Event: journal.Woken{Call: wake.Call}}) })
		return
	}
	if m.away {
		m.kept = append(m.kept, effect)
		return
	}
	m.step(allocator.Journal{Event: m.Server.Serve(effect)})
}

func (m *memory) answer(call uint64, reply memoryReply) {
	if answered, ok := m.waiting[call]; ok {
		answered <- reply
		delete(m.waiting, call)
	}
}

func (m *memory) Ask(ctx context.Context, request stock.Request) (stock.Answer, error) {
	answered := make(chan memoryReply, 1)
	m.mu.Lock()
	m.calls++
	m.asked++
	call := m.calls
	m.waiting[call] = answered
	m.step(allocator.Asked{Call: call, Request: request})
	m.mu.Unlock()
	select {
	case reply := <-answered:
		return reply.answer, reply.err
	case <-ctx.Done():
		m.tell(allocator.Dropped{Call: call})
		return stock.Answer{}, fmt.Errorf("%w: %w", allocator.ErrNoAnswer, context.Cause(ctx))
	}
}

func (m *memory) Read(read func(*stock.State, *journal.Log)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	read(m.core.Stock(), m.core.Log())
}

func (m *memory) News() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.news
}

func (m *memory) Position() allocator.Position {
	m.mu.Lock()
	defer m.mu.Unlock()
	return allocator.PositionOf(m.core.Log())
}

func (m *memory) Await(ctx context.Context, position allocator.Position) error {
	for {
		news := m.News()
		if m.Position().Covers(position) {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// asks counts the requests so far.
func (m *memory) asks() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked
}

// everywhere has one journal for every namespace, and no namespace where missing is set.
type everywhere struct {
	Journal
	missing error
}

func (e everywhere) Find(string) (Journal, bool) { return e.Journal, e.Journal != nil }

func (e everywhere) Open(_ context.Context, name string) (Journal, error) {
	if e.missing != nil {
		return nil, e.missing
	}
	if e.Journal == nil {
		return nil, &namespaces.MissingError{Namespace: name}
	}
	return e.Journal, nil
}

func (e everywhere) Serves(ctx context.Context, name string) error {
	_, err := e.Open(ctx, name)
	return err
}

// now is the time of tests that do not reach an API server.
var now = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func fixedNow() time.Time { return now }

// over are a bridge's options on a journal, with an API server that has a StockItem and no
// other objects.
func over(t testing.TB, all Namespaces) Options {
	t.Helper()
	item := &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "item"}}
	return Options{
		Namespaces: all, Objects: fake.NewClientBuilder().WithScheme(newScheme(t)).WithObjects(item).Build(),
		Ready: func() error { return nil }, DefaultNamespace: "shop", IDs: v1.AnyIDs,
	}
}

// offline are a bridge's options for what needs no API server.
func offline(t testing.TB) Options {
	t.Helper()
	return over(t, everywhere{Journal: newMemory(t, fixedNow)})
}

// pCart wants one unit of what memory has.
const pCart = `{"cartId":"cart-p","items":[{"productId":"p","quantity":1}]}`

// counted is the value of a counter.
func counted(t *testing.T, counter prometheus.Counter) float64 {
	t.Helper()
	var metric dto.Metric
	if err := counter.Write(&metric); err != nil {
		t.Fatal(err)
	}
	return metric.GetCounter().GetValue()
}
