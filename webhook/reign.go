package webhook

import (
	"context"
	"sync"

	"github.com/acme/inventory-service/internal/journal"
)

// reigns share the look-out for who leads: however many requests wait at another process or
// for one, each journal is looked at once for each of its news.
type reigns struct {
	mu    sync.Mutex
	under map[Journal]*reign
}

// reign is the time in which another process leads a journal, or nobody does.
type reign struct {
	leader journal.Leader
	// over ends with it; waiting are the requests that want to know.
	over    context.Context //nolint:containedctx // it stands for a time, not for a request
	end     context.CancelFunc
	waiting int
}

func newReigns() *reigns { return &reigns{under: map[Journal]*reign{}} }

// join returns the reign of a leader of a journal. Its context ends as soon as another one
// leads, or this process decides. Whoever joins has to leave.
func (all *reigns) join(j Journal, leader journal.Leader) (over context.Context, leave func()) {
	all.mu.Lock()
	defer all.mu.Unlock()
	r := all.under[j]
	if r == nil || r.leader != leader || r.over.Err() != nil {
		r = &reign{leader: leader}
		r.over, r.end = context.WithCancel(context.Background())
		all.under[j] = r
		go r.watch(j)
	}
	r.waiting++
	return r.over, func() { all.leave(j, r) }
}

func (all *reigns) leave(j Journal, r *reign) {
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

// watch ends the reign when it is over. It returns once nobody waits.
func (r *reign) watch(j Journal) {
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
