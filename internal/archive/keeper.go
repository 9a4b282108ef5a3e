package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/acme/inventory-service/internal/archive/follow"
	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/archive/store"
	"github.com/acme/inventory-service/internal/journal"
)

const (
	// most is how many records one transaction archives, unless one page has more.
	most = 4000
	// pace is how long after one transaction began the next one may begin, while there is little to
	// do: of what comes meanwhile, each place's balance is written once. A cart costs PostgreSQL
	// half as much in a transaction of a thousand as in one of a few. Whoever is behind never waits.
	pace = 200 * time.Millisecond
)

// errBeginAgain says that the database is not where it was left: somebody emptied or restored it.
var errBeginAgain = errors.New("the database is no longer where this process left it")

// keeper archives one namespace.
type keeper struct {
	namespace string
	store     *store.Store
	follower  *follow.Follower
	// prepare brings the database to where it can be written to: it may have been emptied.
	prepare func(context.Context) error
	// told is called with each position that is stored.
	told   func(store.Position)
	logger logr.Logger

	at      store.Position
	book    *project.Book
	trouble trouble
}

// run archives until ctx ends, or another process does.
func (k *keeper) run(ctx context.Context) error {
	standAtZero(k.namespace)
	defer forget(k.namespace)
	again := wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Jitter: 0.3, Steps: 10, Cap: time.Minute}
	pause := again
	for {
		began := time.Now()
		err := k.archive(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, store.ErrFenced):
			return err
		}
		if errors.Is(err, errBeginAgain) {
			k.logger.Info("The archive begins again from what the database says", "reason", err.Error())
		} else {
			failures.WithLabelValues(k.namespace).Inc()
			k.logger.Error(err, "What the journal says cannot be archived: the archive begins again from what the database says")
		}
		if time.Since(began) > time.Minute {
			pause = again
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause.Step()):
		}
	}
}

// archive begins from what the database says.
func (k *keeper) archive(ctx context.Context) error {
	err := k.patiently(ctx, func(ctx context.Context) (err error) {
		if k.at, err = k.store.Claim(ctx, k.namespace); err != nil {
			return err
		}
		return k.open(ctx)
	})
	if err != nil {
		return err
	}
	if k.at.Epoch != 0 {
		k.told(k.at)
	}
	// Pages that were read before the position was claimed may end before it: who wrote until
	// then has read on. That is not another history.
	k.follower.Relist()
	for {
		chunk, err := k.follower.Next(ctx)
		if err != nil {
			return err
		}
		next := time.After(pace)
		if err := k.take(ctx, chunk); err != nil {
			return err
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (k *keeper) open(ctx context.Context) error {
	if k.at.Epoch == 0 {
		k.book = project.NewBook()
		return nil
	}
	saved, err := k.store.Saved(ctx, k.namespace, k.at)
	if err != nil {
		return err
	}
	k.book, err = project.OpenBook(saved)
	return err
}

// take archives what the journal says next.
func (k *keeper) take(ctx context.Context, chunk follow.Chunk) error {
	pages := chunk.Pages
	if chunk.Whole {
		relation := follow.Judge(k.at.Position, chunk.Journal.Journal, pages)
		if relation != follow.Continues {
			return k.restate(ctx, chunk, relation)
		}
		pages = follow.Rest(k.at.Position, pages)
	} else if !k.follows(pages[0]) {
		k.follower.Relist() // a whole listing says what is between
		return nil
	}
	return k.append(ctx, chunk.Journal, pages)
}

// follows tells whether a page goes on exactly where the archive is.
func (k *keeper) follows(p journal.Applied) bool {
	switch at := k.at; {
	case at.Epoch == 0:
		return p.Earlier == 0 && p.First == 0
	case p.Page == at.Page:
		return p.First == at.Record
	default:
		return p.Page == at.Page+1 && p.First == 0 && p.Before == at.Digest
	}
}

// append archives records that follow, in as many transactions as they need. While one is written
// the next is made.
func (k *keeper) append(ctx context.Context, identity journal.Identity, pages []journal.Applied) error {
	group, ctx := errgroup.WithContext(ctx)
	batches, from := make(chan store.Batch), k.at
	group.Go(func() error {
		defer close(batches)
		for len(pages) > 0 {
			n := portion(pages)
			batch, err := k.batch(identity, from, pages[:n])
			if err != nil {
				return err
			}
			select {
			case batches <- batch:
			case <-ctx.Done():
				return ctx.Err()
			}
			from, pages = batch.To, pages[n:]
		}
		return nil
	})
	group.Go(func() error {
		for batch := range batches {
			if err := k.write(ctx, batch); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// portion is how many pages one transaction archives.
func portion(pages []journal.Applied) (n int) {
	for records := 0; n < len(pages) && (n == 0 || records+len(pages[n].Records) <= most); n++ {
		records += len(pages[n].Records)
	}
	return n
}

// batch takes in pages that follow a position.
func (k *keeper) batch(identity journal.Identity, from store.Position, pages []journal.Applied) (store.Batch, error) {
	rows, err := k.book.Take(pages)
	if err != nil {
		return store.Batch{}, fmt.Errorf("namespace %s: %w", k.namespace, err)
	}
	batch := store.Batch{Namespace: k.namespace, From: from, To: k.end(identity, pages), Checkpoints: checkpoints(pages), Rows: rows}
	if batch.To.Epoch = from.Epoch; from.Epoch == 0 {
		batch.To.Epoch, batch.Begins = 1, &store.Epoch{NamespaceUID: identity.Namespace, Reason: store.ReasonFirst}
	}
	return batch, nil
}

// end is the position after pages.
func (k *keeper) end(identity journal.Identity, pages []journal.Applied) store.Position {
	last := pages[len(pages)-1]
	return store.Position{
		Position: follow.Position{Journal: identity.Journal, Page: last.Page, Record: last.Position.Index, Digest: last.Position.Digest},
		Head:     last.Head, Marks: k.book.State().Marks(),
	}
}

// checkpoints are the ends of pages; of several versions of a page the last.
func checkpoints(pages []journal.Applied) (ends []store.Checkpoint) {
	for _, p := range pages {
		end := store.Checkpoint{Page: p.Page, Record: p.Position.Index, Digest: p.Position.Digest}
		if n := len(ends); n > 0 && ends[n-1].Page == p.Page {
			ends[n-1] = end
			continue
		}
		ends = append(ends, end)
	}
	return ends
}

// restate archives all that a journal knows, since it cannot be said record by record how it came
// about.
func (k *keeper) restate(ctx context.Context, chunk follow.Chunk, relation follow.Relation) error {
	book, err := project.Replay(chunk.Pages)
	if err != nil {
		return fmt.Errorf("namespace %s: %w", k.namespace, err)
	}
	k.book = book
	to := k.end(chunk.Journal, chunk.Pages)
	to.Epoch = max(1, k.at.Epoch)
	batch := store.Batch{
		Namespace: k.namespace, From: k.at, Checkpoints: checkpoints(chunk.Pages),
		Rows: book.Restate(project.Place{Page: to.Page, Record: to.Record}), Gap: &store.Gap{},
	}
	switch relation {
	case follow.BeganLate:
		batch.Gap.Reason, batch.Begins = store.ReasonBeganLate, &store.Epoch{NamespaceUID: chunk.Journal.Namespace, Reason: store.ReasonFirst}
	case follow.OtherJournal:
		to.Epoch++
		batch.Gap.Reason, batch.Begins = store.ReasonReplaced, &store.Epoch{NamespaceUID: chunk.Journal.Namespace, Reason: store.ReasonReplaced}
	case follow.OtherHistory:
		shared, err := k.shared(ctx, chunk.Pages)
		if err != nil {
			return err
		}
		to.Epoch++
		batch.Gap.Reason, batch.Begins = store.ReasonRestored, &store.Epoch{NamespaceUID: chunk.Journal.Namespace, Reason: store.ReasonRestored, Shared: &shared}
	default:
		batch.Gap.Reason = store.ReasonCompacted
	}
	batch.To = to
	k.logger.Info("Records of the journal were not read one by one: the archive restates what the journal still knows, and marks the gap in journal_gaps",
		"reason", batch.Gap.Reason, "after", k.at.String(), "until", to.String(), "epoch", to.Epoch)
	gaps.WithLabelValues(k.namespace, batch.Gap.Reason).Inc()
	return k.write(ctx, batch)
}

// shared is how far a listing says the same as what is archived.
func (k *keeper) shared(ctx context.Context, pages []journal.Applied) (store.Checkpoint, error) {
	var known map[uint64]store.Checkpoint
	err := k.patiently(ctx, func(ctx context.Context) (err error) {
		known, err = k.store.Checkpoints(ctx, k.namespace, k.at.Epoch, pages[0].Page)
		return err
	})
	shared := store.Checkpoint{Page: pages[0].Page, Digest: pages[0].Before}
	for _, p := range pages {
		c, ok := known[p.Page]
		digest, has := follow.DigestAt(p, c.Record)
		if !ok || !has || digest != c.Digest {
			break
		}
		shared = c
	}
	return shared, err
}

// write archives a batch, however long that takes.
func (k *keeper) write(ctx context.Context, batch store.Batch) error {
	began := time.Now()
	var result store.Result
	asked := false // whether it may have landed already
	err := k.patiently(ctx, func(ctx context.Context) error {
		if asked {
			switch at, err := k.store.Load(ctx, k.namespace); {
			case err != nil:
				return err
			case at.Epoch == batch.To.Epoch && at.Position == batch.To.Position && at.Marks == batch.To.Marks:
				return nil
			case at.Epoch != batch.From.Epoch || at.Position != batch.From.Position:
				return errBeginAgain
			}
		}
		asked = true
		var err error
		result, err = k.store.Write(ctx, batch)
		return err
	})
	if err != nil {
		return err
	}
	k.at = batch.To
	k.told(k.at)
	rowsWritten.WithLabelValues(k.namespace).Add(float64(result.Rows))
	recordsArchived.WithLabelValues(k.namespace).Add(float64(batch.Rows.Records))
	transactions.Observe(time.Since(began).Seconds())
	return nil
}

// patiently does what needs the database until that succeeds, ctx ends, or another process has
// taken over.
func (k *keeper) patiently(ctx context.Context, do func(context.Context) error) error {
	pause := wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Jitter: 0.3, Steps: 8, Cap: 10 * time.Second}
	for {
		err := do(ctx)
		if err == nil {
			k.trouble.end(k.logger)
			return nil
		}
		if ctx.Err() != nil || errors.Is(err, store.ErrFenced) || errors.Is(err, errBeginAgain) {
			return err
		}
		k.trouble.begin(k.logger, k.namespace, err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause.Step()):
		}
		if store.Missing(err) {
			k.store.ForgetMonths()
			if err := k.prepare(ctx); err != nil {
				k.logger.V(1).Info("The database cannot be prepared", "error", err.Error())
			}
		}
	}
}
