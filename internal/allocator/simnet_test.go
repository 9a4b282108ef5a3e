package allocator

import "time"

// simTimeout is when a caller gives an answer up.
const simTimeout = 300 * time.Millisecond

// call sends one request to the store. The request arrives after a while, may
// be lost, may be resent on the way and arrive twice, may arrive after its
// caller gave it up; its answer may be lost. An error that is errUnknown says
// nothing about what happened.
func call[T any](t *task, arrive func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	w := t.w
	got := await(t, func(reply func(answer)) {
		there, back := w.upTo(20*time.Millisecond), w.upTo(20*time.Millisecond)
		perform := func() {
			value, err := arrive()
			if w.chance(0.03) {
				value, err = arrive() // resent on the way: the second answer counts
			}
			if w.chance(0.04) {
				return // the answer is lost
			}
			if w.chance(0.05) {
				back = w.upTo(simTimeout)
			}
			w.after(back, func() { reply(answer{value, err}) })
		}
		switch {
		case w.chance(0.03): // lost on the way
		case w.chance(0.08): // late, maybe very late
			w.after(simTimeout/2+w.upTo(10*simTimeout), perform)
		default:
			w.after(there, perform)
		}
		w.after(simTimeout, func() { reply(answer{err: errUnknown}) })
	})
	return got.value, got.err
}

// done is the result of a request that answers nothing.
type done struct{}

// persist calls try until it succeeds, as shard.persist does.
func (t *task) persist(try func() error) {
	for tries := 0; try() != nil; tries++ {
		t.sleep(backoff(tries))
	}
}
