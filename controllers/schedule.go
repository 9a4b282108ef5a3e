package controllers

import (
	"container/heap"
	"time"

	"github.com/acme/inventory-service/internal/stock"
)

// schedule are reservations by the time at which there is something to do for them. One may
// be in it more than once. The zero value is empty.
type schedule struct{ entries entries }

type entry struct {
	at time.Time
	id stock.ID
}

// add adds a reservation.
func (s *schedule) add(at time.Time, id stock.ID) { heap.Push(&s.entries, entry{at, id}) }

// next is when the first one is due; ok is false where there is none.
func (s *schedule) next() (at time.Time, ok bool) {
	if len(s.entries) == 0 {
		return time.Time{}, false
	}
	return s.entries[0].at, true
}

// take removes and returns those that are due.
func (s *schedule) take(now time.Time) map[stock.ID]struct{} {
	var due map[stock.ID]struct{}
	for len(s.entries) > 0 && !s.entries[0].at.After(now) {
		if due == nil {
			due = map[stock.ID]struct{}{}
		}
		due[heap.Pop(&s.entries).(entry).id] = struct{}{} //nolint:forcetypeassert // there is nothing else in it
	}
	return due
}

// entries is a heap, the earliest first.
type entries []entry

func (e entries) Len() int           { return len(e) }
func (e entries) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e entries) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *entries) Push(x any)        { *e = append(*e, x.(entry)) } //nolint:forcetypeassert // as above
func (e *entries) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}
