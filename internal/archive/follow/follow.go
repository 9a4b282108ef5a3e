package follow

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/acme/inventory-service/internal/journal"
)

// Limit is how many bytes of records that follow a listing are kept for a caller who does not
// take them.
const Limit = 8 << 20

// Chunk is what the journal says next.
type Chunk struct {
	// Journal is its identity.
	Journal journal.Identity
	// Whole says that Pages are all pages that count, from their first record: nothing before
	// counts but by Judge. Else they go on where the chunk before ended.
	Whole bool
	Pages []journal.Applied
}

// Follower follows one namespace's journal. Its methods are safe for concurrent use.
type Follower struct {
	client    *journal.Client
	namespace string
	options   journal.StoreOptions

	mu      sync.Mutex
	waiting []Chunk
	bytes   int
	// overflowed says that what waited was dropped; relist that it is wanted again.
	overflowed bool
	newest     Newest
	known      bool
	trouble    string

	filled chan struct{}
	relist chan struct{}
}

// New returns a follower of which Run has to be called.
func New(client *journal.Client, namespace string, options journal.StoreOptions) *Follower {
	return &Follower{
		client: client, namespace: namespace, options: options,
		filled: make(chan struct{}, 1), relist: make(chan struct{}, 1),
	}
}

// Run follows until ctx ends.
func (f *Follower) Run(ctx context.Context) {
	for ctx.Err() == nil {
		f.once(ctx)
	}
}

// Relist has everything told anew: the next chunk is whole.
func (f *Follower) Relist() {
	f.mu.Lock()
	f.drop()
	f.overflowed = true
	f.mu.Unlock()
	tell(f.relist)
}

// Next returns what the journal says next, once it says something.
func (f *Follower) Next(ctx context.Context) (Chunk, error) {
	for {
		if chunk, ok := f.take(); ok {
			return chunk, nil
		}
		select {
		case <-f.filled:
		case <-ctx.Done():
			return Chunk{}, context.Cause(ctx)
		}
	}
}

// take returns all that waits and belongs together.
func (f *Follower) take() (Chunk, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.overflowed {
		tell(f.relist)
		return Chunk{}, false
	}
	if len(f.waiting) == 0 {
		return Chunk{}, false
	}
	chunk := f.waiting[0]
	f.waiting = f.waiting[1:]
	if !chunk.Whole {
		for len(f.waiting) > 0 && !f.waiting[0].Whole {
			chunk.Pages = append(chunk.Pages, f.waiting[0].Pages...)
			f.waiting = f.waiting[1:]
		}
	}
	f.bytes = 0
	for _, c := range f.waiting {
		f.bytes += size(c)
	}
	return chunk, true
}

// Newest is where the journal ends, as far as it was read.
type Newest struct {
	// Records is how many records the journal has had.
	Records uint64
	// starts is how many records came before a page, by the page's number.
	starts map[uint64]uint64
}

// Behind is about how many records follow a place; all, where that is on a page that no longer
// counts.
func (n Newest) Behind(page uint64, record int) uint64 {
	start, known := n.starts[page]
	if at := start + uint64(record); known && at < n.Records {
		return n.Records - at
	} else if known {
		return 0
	}
	return n.Records
}

// Newest returns where the journal ends; false while none of it was read.
func (f *Follower) Newest() (Newest, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Newest{Records: f.newest.Records, starts: maps.Clone(f.newest.starts)}, f.known
}

// see is for who holds the lock.
func (f *Follower) see(pages []journal.Applied, whole bool) {
	if whole || f.newest.starts == nil {
		f.newest = Newest{starts: map[uint64]uint64{}}
	}
	for _, p := range pages {
		f.newest.starts[p.Page] = p.Earlier
		f.newest.Records = p.Earlier + uint64(p.Position.Index)
		maps.DeleteFunc(f.newest.starts, func(page, _ uint64) bool { return page+1 < p.Head })
	}
	f.known = true
}

// Trouble says why the journal cannot be followed now, empty where it can.
func (f *Follower) Trouble() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.trouble
}

// once follows until somebody wants the pages listed again.
func (f *Follower) once(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	events := make(chan journal.Event)
	store := journal.NewStore(ctx, f.client, f.namespace, events, f.options)
	defer store.Wait()
	defer cancel()
	select {
	case <-f.relist:
	default:
	}
	f.mu.Lock()
	f.drop()
	f.overflowed = false
	f.mu.Unlock()
	log := journal.New(journal.Config{})
	effects := log.Start()
	whole := true
	for {
		whole = f.perform(store, log, effects, whole)
		select {
		case <-ctx.Done():
			return
		case <-f.relist:
			return
		case e := <-events:
			effects = log.Step(time.Now(), e)
		}
	}
}

// perform begins effects and keeps what is told. It returns whether what is told next is whole.
func (f *Follower) perform(store *journal.Store, log *journal.Log, effects []journal.Effect, whole bool) bool {
	var told []journal.Applied
	for _, effect := range effects {
		switch e := effect.(type) {
		case journal.Reset:
			told, whole = nil, true
		case journal.Applied:
			told = append(told, e)
		case journal.Landed, journal.Proved, journal.Abandoned, journal.Refused:
			// Nothing is appended here.
		default:
			store.Perform(effect)
		}
	}
	trouble := troubleOf(log)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trouble = trouble
	if len(told) == 0 || !log.Following() {
		// What of a damaged journal can be read says nothing about what follows.
		return whole || len(told) > 0
	}
	f.see(told, whole)
	f.keep(Chunk{Journal: log.Identity(), Whole: whole, Pages: told})
	return false
}

func troubleOf(log *journal.Log) string {
	var trouble error
	switch {
	case log.Foreign():
		trouble = errors.New("the journal has a format that this release does not know")
	case !log.Following():
		trouble = errors.Join(errors.New("the journal is "+log.Stage()), log.Trouble())
	}
	if trouble == nil {
		return ""
	}
	return trouble.Error()
}

// keep is for who holds the lock.
func (f *Follower) keep(chunk Chunk) {
	if f.overflowed {
		return
	}
	if chunk.Whole {
		f.drop()
	}
	f.waiting = append(f.waiting, chunk)
	if !chunk.Whole {
		f.bytes += size(chunk)
	}
	if f.bytes > Limit {
		f.drop()
		f.overflowed = true
	}
	tell(f.filled)
}

// drop is for who holds the lock.
func (f *Follower) drop() { f.waiting, f.bytes = nil, 0 }

func size(c Chunk) (bytes int) {
	if c.Whole {
		return 0 // it is needed whatever its size: the journal has a bound
	}
	for _, p := range c.Pages {
		for _, r := range p.Records {
			bytes += len(r)
		}
	}
	return bytes
}

// tell leaves word, if there is none yet.
func tell(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
