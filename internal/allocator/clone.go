package allocator

import (
	"maps"
	"slices"
)

// Clone returns another Allocator in the same state. The two share nothing that is ever changed.
func (r *Allocator) Clone() *Allocator {
	c := *r
	c.log, c.stock = r.log.Clone(), r.stock.Clone()
	c.queue, c.parked, c.batch = slices.Clone(r.queue), slices.Clone(r.parked), slices.Clone(r.batch)
	c.unstocked = slices.Clone(r.unstocked)
	c.left = maps.Clone(r.left)
	if r.suspect != nil {
		suspect := *r.suspect
		c.suspect = &suspect
	}
	return &c
}
