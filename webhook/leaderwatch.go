package webhook

import (
	"context"
	"sync"

	"github.com/acme/inventory-service/internal/journal"
)

// leaderWatches share the look-out for who leads: however many requests wait at another process or
// for one, each journal is looked at once for each of its news.
type leaderWatches struct {
	mu    sync.Mutex
	under map[Journal]*leaderWatch
}

// leaderWatch waits, on behalf of requests, for another leader of a journal than this one, be that
// this process.
type leaderWatch struct {
	leader journal.Leader
	// over ends as soon as there is one; waiting are the requests that want to know.
	over    context.Context //nolint:containedctx // it stands for a time, not for a request
	end     context.CancelFunc
	waiting int
}

func newLeaderWatches() *leaderWatches { return &leaderWatches{under: map[Journal]*leaderWatch{}} }

// join returns a context that ends as soon as another process than this leader leads, or this one
// decides. Whoever joins has to leave.
func (all *leaderWatches) join(j Journal, leader journal.Leader) (over context.Context, leave func()) {
	all.mu.Lock()
	defer all.mu.Unlock()
	r := all.under[j]
	if r == nil || r.leader != leader || r.over.Err() != nil {
		r = &leaderWatch{leader: leader}
		r.over, r.end = context.WithCancel(context.Background())
		all.under[j] = r
		go r.watch(j)
	}
	r.waiting++
	return r.over, func() { all.leave(j, r) }
}

func (all *leaderWatches) leave(j Journal, r *leaderWatch) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if r.waiting--; r.waiting > 0 {
		return
	}
	r.end()
	if all.under[j] == r {
		delete(all.under, j)
	}
}

// watch ends over when there is another leader. It returns once nobody waits.
func (r *leaderWatch) watch(j Journal) {
	defer r.end()
	for {
		news := j.News()
		if now := roleIn(j); now.decides() || now.broken != "" || now.leader != r.leader {
			return
		}
		select {
		case <-news:
		case <-r.over.Done():
			return
		}
	}
}
