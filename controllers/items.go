package controllers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	// feedAsks is how many StockItems of a feed are asked to be taken in at a time: about
	// as many as fit into an append.
	feedAsks = 2048
	// The pauses between two tries of a feed.
	feedPause     = 50 * time.Millisecond
	feedLongPause = 2 * time.Second
)

// feeding is how far a namespace's StockItems are taken in.
type feeding struct {
	// term is the term at whose beginning all StockItems were taken in, 0 before that; err then
	// says what is in the way.
	term uint64
	err  error
}

// Attend takes in all StockItems of a namespace in each term, before which no cart is
// decided, and looks for what was missed until the term ends.
func (r *StockItemReconciler) Attend(ctx context.Context, namespace string, runner *allocator.Runner) {
	runner.Terms(ctx, func(ctx context.Context, term uint64) {
		defer r.feeds.Delete(namespace)
		defer r.pace.forget(namespace)
		if r.feed(ctx, namespace, runner) != nil {
			return
		}
		runner.Stocked(term)
		r.feeds.Store(namespace, feeding{term: term})
		r.sweeps(ctx, namespace, runner)
	})
}

// Stocked tells whether this term has begun with all StockItems of a namespace, and if not
// what is in the way.
func (r *StockItemReconciler) Stocked(namespace string) (bool, error) {
	value, _ := r.feeds.Load(namespace)
	f, _ := value.(feeding)
	return f.term != 0, f.err
}

// fed tells whether this very term has begun with all StockItems of a namespace.
func (r *StockItemReconciler) fed(namespace string, runner *allocator.Runner) bool {
	value, _ := r.feeds.Load(namespace)
	f, _ := value.(feeding)
	return f.term != 0 && f.term == runner.Term()
}

// feed takes in all StockItems. It fails only when ctx ends.
func (r *StockItemReconciler) feed(ctx context.Context, namespace string, runner *allocator.Runner) error {
	logger := log.FromContext(ctx).WithValues("namespace", namespace)
	for pause := feedPause; ctx.Err() == nil; pause = min(2*pause, feedLongPause) {
		err := r.takeInAll(ctx, namespace, runner)
		if err == nil {
			return nil
		}
		r.feeds.Store(namespace, feeding{err: err})
		if pause == feedLongPause {
			logger.Error(err, "carts wait until all StockItems are read: trying again")
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// takeInAll reads all StockItems and has the journal take in what is new of them.
func (r *StockItemReconciler) takeInAll(ctx context.Context, namespace string, runner *allocator.Runner) error {
	news, err := r.readNews(ctx, namespace, knownTo(runner))
	if err != nil {
		return err
	}
	// What is gone comes last: one that is there when it goes, and was perhaps made beside it,
	// does not take over in silence.
	if err := tellItems(ctx, runner, news.put); err != nil {
		return err
	}
	return tellItems(ctx, runner, news.gone)
}

// itemNews is what has to be taken in of StockItems: what they say, and that they are gone.
type itemNews struct{ put, gone []stock.Request }

// tellItems has StockItems taken in, or that they are gone.
func tellItems(ctx context.Context, runner *allocator.Runner, requests []stock.Request) error {
	asking, asked := errgroup.WithContext(ctx)
	asking.SetLimit(feedAsks)
	for _, request := range requests {
		asking.Go(func() error { return tellItem(asked, runner, request) })
	}
	return asking.Wait()
}

// errReadAgain says that what was read is not new enough, or has changed meanwhile.
var errReadAgain = errors.New("the StockItems change while they are read")

// tellItem has one StockItem taken in, or that it is gone.
func tellItem(ctx context.Context, runner *allocator.Runner, request stock.Request) error {
	answer, err := runner.Ask(ctx, request)
	switch {
	case errors.Is(err, allocator.ErrUnwritable):
		log.FromContext(ctx).Error(err, "a StockItem is left out, since the journal cannot store it", "request", fmt.Sprintf("%+v", request))
		return nil
	case err != nil:
		return err
	}
	switch answer.Verdict {
	case stock.Done, stock.Repeated, stock.Unknown:
		return nil
	case stock.Unverified, stock.Outdated:
		return errReadAgain
	default:
		return &verdictError{answer.Verdict}
	}
}

// knownItems are the StockItems that the journal has.
type knownItems struct {
	// mark is the highest version of any StockItem that was taken in.
	mark uint64
	// items are what was taken in, by UID.
	items map[stock.ID]recordedItem
}

// recordedItem is by what it can be told whether a StockItem says something new.
type recordedItem struct {
	generation int64
	takesOver  bool
}

func recordedBy(item metav1.Object) recordedItem {
	return recordedItem{item.GetGeneration(), takesOver(item)}
}

func knownTo(runner *allocator.Runner) knownItems {
	known := knownItems{items: map[stock.ID]recordedItem{}}
	runner.Read(func(s *stock.State, _ *journal.Log) {
		known.mark = s.Marks().Items
		for item := range s.Items() {
			known.items[item.UID] = recordedItem{item.Generation, item.TakesOver}
		}
	})
	return known
}
