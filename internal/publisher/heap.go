package publisher

import "container/heap"

// byFirst is a heap of outcomes, the lowest resourceVersion on top. Each knows its
// place in it, so that any of them can leave.
type byFirst []*outcome

var _ heap.Interface = (*byFirst)(nil)

func (h byFirst) Len() int           { return len(h) }
func (h byFirst) Less(i, j int) bool { return h[i].first < h[j].first }

func (h byFirst) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push is for package container/heap.
func (h *byFirst) Push(x any) {
	o := x.(*outcome)
	o.place = len(*h)
	*h = append(*h, o)
}

// Pop is for package container/heap.
func (h *byFirst) Pop() any {
	last := len(*h) - 1
	o := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	o.place = nowhere
	return o
}

// nowhere is the place of an outcome that does not hold the cursor.
const nowhere = -1
