package archive

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/archive/follow"
	"github.com/acme/inventory-service/internal/archive/retention"
	"github.com/acme/inventory-service/internal/archive/store"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/reader"
)

const (
	// lookEvery is how often it is looked for namespaces that have a journal, tellEvery how often
	// the leader is told how far the archive is, and registerFor how long a registration is waited
	// for before the pages are listed.
	lookEvery   = 5 * time.Second
	tellEvery   = time.Second
	registerFor = 5 * time.Second
	// keepEvery is how often months are made ahead and old ones dropped.
	keepEvery = time.Hour
)

// archivist archives all namespaces while this process is elected.
type archivist struct {
	pages *journal.Client
	// discover lists the namespaces that have a journal; named are followed in any case.
	discover func(context.Context) ([]string, error)
	named    []string
	store    *store.Store
	prepare  func(context.Context) error
	begun    *beginning
	// reader tells leaders how far the archive is; nil where they are not to know.
	reader *reader.Client
	keep   retention.Policy
	logger logr.Logger

	mu      sync.Mutex
	members map[string]*member
	// unlisted is why it is not known which namespaces have a journal.
	unlisted error
}

// member is a namespace that is archived.
type member struct {
	keeper *keeper
	end    context.CancelFunc
	// over is closed once it has ended: the next one for the namespace begins after that.
	over chan struct{}
	// trouble is why the journal could not be followed when that was last looked at, and silenced
	// says that it was told. They belong to who measures.
	trouble  string
	silenced bool

	mu sync.Mutex
	at store.Position
	// caughtUp is when the archive had all that the journal says last.
	caughtUp time.Time
}

// NeedLeaderElection is true: one process archives at a time.
func (a *archivist) NeedLeaderElection() bool { return true }

// Start archives until ctx ends or another process does.
func (a *archivist) Start(ctx context.Context) error {
	select {
	case <-a.begun.done:
	case <-ctx.Done():
		return nil
	}
	if a.begun.err != nil {
		return nil //nolint:nilerr // the process ends with it, and says so
	}
	a.logger.Info("This process archives")
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.look(ctx, group) })
	group.Go(func() error { a.maintain(ctx); return nil })
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w: this process ends, and archives again once it is started and elected", err)
	}
	return nil
}

// look begins and ends what is archived.
func (a *archivist) look(ctx context.Context, group *errgroup.Group) error {
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	for {
		names, err := a.names(ctx)
		if err == nil {
			a.arrange(ctx, group, names)
		}
		if ctx.Err() == nil {
			a.listed(err)
		}
		a.measure()
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

// listed notes whether it is known which namespaces have a journal.
func (a *archivist) listed(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil && a.unlisted == nil {
		a.logger.Error(err, "The namespaces that have a journal are not listed: those that are new are not archived until they are")
	}
	a.unlisted = err
}

func (a *archivist) names(ctx context.Context) ([]string, error) {
	if len(a.named) > 0 {
		return a.named, nil
	}
	return a.discover(ctx)
}

func (a *archivist) arrange(ctx context.Context, group *errgroup.Group, names []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
		if a.members[name] == nil {
			a.members[name] = a.begin(ctx, group, name)
		}
	}
	for name, m := range a.members {
		if !wanted[name] {
			m.end()
		}
		if m.ended() {
			delete(a.members, name)
		}
	}
}

// begin archives one namespace.
func (a *archivist) begin(ctx context.Context, group *errgroup.Group, name string) *member {
	ctx, end := context.WithCancel(ctx)
	logger := a.logger.WithValues("namespace", name)
	m := &member{end: end, over: make(chan struct{}), caughtUp: time.Now()}
	m.keeper = &keeper{
		namespace: name, store: a.store, follower: follow.New(a.pages, name, journal.StoreOptions{}), prepare: a.prepare,
		told: m.stored, logger: logger,
	}
	group.Go(func() error {
		defer close(m.over)
		a.register(ctx, name, logger)
		var following sync.WaitGroup
		following.Go(func() { m.keeper.follower.Run(ctx) })
		following.Go(func() { a.report(ctx, name, m, logger) })
		err := m.keeper.run(ctx)
		end()
		following.Wait()
		return err
	})
	return m
}

// register has the journal keep what the archive has not read. Without it the archive works too,
// and may find gaps.
func (a *archivist) register(ctx context.Context, name string, logger logr.Logger) {
	if a.reader == nil {
		return
	}
	at, err := a.store.Claim(ctx, name)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, registerFor)
		defer cancel()
		err = a.reader.Register(ctx, name, told(at))
	}
	if err != nil && ctx.Err() == nil {
		logger.Info("The journal does not keep yet what the archive has not read; it is asked again", "error", err.Error())
	}
}

// report tells the leader how far the archive is, where it has come to another page.
func (a *archivist) report(ctx context.Context, name string, m *member, logger logr.Logger) {
	if a.reader == nil {
		return
	}
	var last allocator.Position
	ticks := time.NewTicker(tellEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		m.mu.Lock()
		at := told(m.at)
		m.mu.Unlock()
		if at.Journal == last.Journal && at.Page == last.Page {
			continue
		}
		if err := a.reader.Report(ctx, name, at); err != nil {
			logger.V(1).Info("The leader is not told how far the archive is", "error", err.Error())
			continue
		}
		last = at
	}
}

// told is a position as readers tell it.
func told(at store.Position) allocator.Position {
	const digits = 8
	return allocator.Position{Journal: at.Journal[:min(len(at.Journal), digits)], Page: at.Page, Index: at.Record}
}

func (m *member) ended() bool {
	select {
	case <-m.over:
		return true
	default:
		return false
	}
}

func (m *member) stored(at store.Position) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = at
}

// measure tells how far the archive is behind.
func (a *archivist) measure() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, m := range a.members {
		m.hear(m.keeper.follower.Trouble())
		newest, known := m.keeper.follower.Newest()
		if !known {
			continue
		}
		m.mu.Lock()
		behind := newest.Behind(m.at.Page, m.at.Record)
		if behind == 0 {
			m.caughtUp = time.Now()
		}
		lagRecords.WithLabelValues(name).Set(float64(behind))
		lag := 0.0
		if behind > 0 {
			lag = time.Since(m.caughtUp).Seconds()
		}
		lagSeconds.WithLabelValues(name).Set(lag)
		m.mu.Unlock()
	}
}

// hear says once that a journal cannot be followed, if that has lasted since it was looked at last,
// and once that it can again.
func (m *member) hear(trouble string) {
	switch {
	case trouble == "" && m.silenced:
		m.keeper.logger.Info("The journal is followed again")
		m.silenced = false
	case trouble != "" && trouble == m.trouble && !m.silenced:
		m.keeper.logger.Info("The journal cannot be followed: what it says is archived once it can", "reason", trouble)
		m.silenced = true
	}
	m.trouble = trouble
}

// wrong is why something is not archived now, nil where all is.
func (a *archivist) wrong() error {
	if err := a.begun.wrong(); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.unlisted != nil {
		return fmt.Errorf("list the namespaces that have a journal: %w", a.unlisted)
	}
	for name, m := range a.members {
		if what := m.keeper.trouble.now(); what != "" {
			return fmt.Errorf("namespace %s: %s", name, what)
		}
	}
	return nil
}

// maintain makes months ahead and drops old ones.
func (a *archivist) maintain(ctx context.Context) {
	ticks := time.NewTicker(keepEvery)
	defer ticks.Stop()
	for {
		err := a.store.MakeAhead(ctx, time.Now())
		if err == nil && a.keep.Any() {
			var done retention.Done
			if done, err = retention.Run(ctx, a.store.Pool(), a.keep, time.Now()); len(done.Dropped) > 0 {
				a.store.ForgetMonths()
			}
			done.Log(a.logger)
		}
		if err != nil && ctx.Err() == nil {
			a.logger.Error(err, "Months were not made ahead, or old ones not dropped: it is tried again in an hour")
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}
