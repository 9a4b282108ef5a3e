package allocator

import (
	"maps"
	"slices"
)

// Clone returns another Allocator in the same state. The two share nothing that is ever changed.
func (a *Allocator) Clone() *Allocator {
	c := *a
	c.log, c.stock = a.log.Clone(), a.stock.Clone()
	c.queue, c.parked, c.batch = slices.Clone(a.queue), slices.Clone(a.parked), slices.Clone(a.batch)
	c.unstocked = slices.Clone(a.unstocked)
	c.left = maps.Clone(a.left)
	if a.suspect != nil {
		suspect := *a.suspect
		c.suspect = &suspect
	}
	return &c
}
