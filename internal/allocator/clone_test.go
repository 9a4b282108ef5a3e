package allocator

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"
)

// clone returns an independent copy, for the model check. What State never
// changes in place (holds, takes, statuses once composed) is shared.
func (s *State) clone() *State {
	c := *s
	c.stock = s.stock.Clone()
	c.attempt = s.attempt.clone()
	c.entries = make(map[types.UID]*entry, len(s.entries))
	for uid, e := range s.entries {
		copied := *e
		c.entries[uid] = &copied
	}
	c.order = slices.Clone(s.order)
	c.fold = s.fold.clone()
	c.queue = make([]*request, len(s.queue))
	c.waiting = make(map[types.UID]*request, len(s.waiting))
	for i, r := range s.queue {
		c.queue[i] = r.clone()
		c.waiting[r.uid] = c.queue[i]
	}
	return &c
}

func (a *attempt) clone() *attempt {
	if a == nil {
		return nil
	}
	c := *a
	c.tokens = slices.Clone(a.tokens)
	c.settled = slices.Clone(a.settled)
	c.batch = make([]*request, len(a.batch))
	for i, r := range a.batch {
		c.batch[i] = r.clone()
	}
	return &c
}

func (r *request) clone() *request {
	c := *r
	c.calls = slices.Clone(r.calls)
	return &c
}

func (f *openFold) clone() *openFold {
	if f == nil {
		return nil
	}
	c := *f
	c.order = slices.Clone(f.order)
	c.lost = maps.Clone(f.lost)
	c.members = make(map[types.UID]*member, len(f.members))
	for uid, m := range f.members {
		copied := *m
		c.members[uid] = &copied
	}
	return &c
}
