package allocator

import (
	"container/heap"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"
)

// world is a simulation: virtual time, a queue of what happens next, and tasks
// that are coroutines, so that one thing runs at a time and a seed replays.
type world struct {
	seed  uint64
	rng   *rand.Rand
	now   time.Time
	queue happenings
	count uint64

	store     *store
	processes []*process
	// calm turns all faults off; faults makes them rarer or more frequent.
	calm   bool
	faults float64

	failure string
	// traced says that trace gets a line for everything that happens.
	traced bool
	trace  []string
}

func newWorld(seed uint64) *world {
	w := &world{
		seed: seed,
		rng:  rand.New(rand.NewPCG(seed, 0x5eed)),
		now:  time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	w.store = newStore(w)
	return w
}

// happening is something that will happen at a time; among equals the order of
// scheduling counts.
type happening struct {
	at    time.Time
	order uint64
	do    func()
}

type happenings []happening

func (h happenings) Len() int      { return len(h) }
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h happenings) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].order < h[j].order
}
func (h *happenings) Push(x any) { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func (w *world) after(d time.Duration, do func()) {
	w.count++
	heap.Push(&w.queue, happening{w.now.Add(d), w.count, do})
}

// run lets time pass until end, or until something failed.
func (w *world) run(end time.Time) {
	for w.failure == "" && len(w.queue) > 0 && !w.queue[0].at.After(end) {
		next := heap.Pop(&w.queue).(happening)
		w.now = next.at
		next.do()
	}
	if w.failure == "" {
		w.now = end
	}
}

func (w *world) failf(format string, args ...any) {
	if w.failure == "" {
		w.failure = fmt.Sprintf(format, args...)
		w.logf("FAILED: %s", w.failure)
	}
}

func (w *world) logf(format string, args ...any) {
	if w.traced {
		w.trace = append(w.trace, w.now.Format("15:04:05.000000 ")+fmt.Sprintf(format, args...))
	}
}

func (w *world) report() string {
	if !w.traced {
		return fmt.Sprintf("seed %d: %s\nSEED=%d shows what happened", w.seed, w.failure, w.seed)
	}
	return fmt.Sprintf("seed %d: %s\n%s", w.seed, w.failure, strings.Join(w.trace, "\n"))
}

// chance is true with about the probability p of a fault, and never when calm.
func (w *world) chance(p float64) bool { return w.rng.Float64() < p*w.faults && !w.calm }

// upTo is a random duration, mostly short.
func (w *world) upTo(d time.Duration) time.Duration {
	f := w.rng.Float64()
	return time.Duration(f * f * float64(d))
}

// task is a coroutine of the simulation.
type task struct {
	w    *world
	next func() (struct{}, bool)
	park func()
	stop func()
	dead bool
}

type killed struct{}

// group is a set of tasks that end together.
type group struct {
	w     *world
	tasks []*task
	over  bool
}

func (g *group) spawn(f func(t *task)) {
	if g.over {
		return
	}
	t := &task{w: g.w}
	t.next, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		defer func() {
			if reason := recover(); reason != nil && reason != (killed{}) {
				panic(reason)
			}
		}()
		t.park = func() {
			if !yield(struct{}{}) {
				panic(killed{})
			}
		}
		f(t)
	})
	g.tasks = append(g.tasks, t)
	if len(g.tasks) > 64 {
		g.sweep()
	}
	g.w.after(0, t.resume)
}

func (g *group) sweep() {
	live := g.tasks[:0]
	for _, t := range g.tasks {
		if !t.dead {
			live = append(live, t)
		}
	}
	clear(g.tasks[len(live):])
	g.tasks = live
}

// later does something unless the group has ended by then.
func (g *group) later(d time.Duration, do func()) {
	g.w.after(d, func() {
		if !g.over {
			do()
		}
	})
}

func (g *group) kill() {
	g.over = true
	for _, t := range g.tasks {
		t.dead = true
		t.stop()
	}
	g.tasks = nil
}

// resume runs the task until it parks or ends.
func (t *task) resume() {
	if t.dead {
		return
	}
	if _, more := t.next(); !more {
		t.dead = true
	}
}

func (t *task) sleep(d time.Duration) {
	t.w.after(d, t.resume)
	t.park()
}

// await parks until the first answer. Later answers are ignored.
func await[T any](t *task, start func(answer func(T))) T {
	var first T
	answered := false
	start(func(value T) {
		if !answered {
			first, answered = value, true
			t.w.after(0, t.resume)
		}
	})
	t.park()
	return first
}

// all runs n tasks side by side and returns the first error of any, after all.
func (g *group) all(t *task, n int, do func(t *task, i int) error) error {
	if n == 0 {
		return nil
	}
	return await(t, func(answer func(error)) {
		left := n
		var failed error
		for i := range n {
			g.spawn(func(t *task) {
				if err := do(t, i); err != nil && failed == nil {
					failed = err
				}
				if left--; left == 0 {
					answer(failed)
				}
			})
		}
	})
}
