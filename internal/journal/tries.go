package journal

import "time"

// tries counts the failures in a row of one kind of request, each kind by itself: what
// fails for long in one place must not hold up the others.
type tries uint64

// next counts one more failure and returns how long to wait after it.
func (t *tries) next() time.Duration {
	*t++
	return backoff(uint64(*t))
}

// again counts one more turn and returns how long to wait before it: the first is at once.
func (t *tries) again() time.Duration {
	*t++
	return backoff(uint64(*t) - 1)
}

// backoff is how long to wait after so many failures in a row: 20 ms, doubled each time,
// 2 s at most.
func backoff(failures uint64) time.Duration {
	if failures == 0 {
		return 0
	}
	return min(2*time.Second, 20*time.Millisecond<<min(failures-1, 8))
}
