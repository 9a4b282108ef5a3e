package allocator

import "sync"

// signal tells any number of goroutines that something has changed. The zero value is
// ready. Take the channel first, then look, then wait.
type signal struct {
	mu      sync.Mutex
	waiting chan struct{}
}

// wait returns a channel that is closed by the next tell.
func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil {
		s.waiting = make(chan struct{})
	}
	return s.waiting
}

func (s *signal) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting != nil {
		close(s.waiting)
		s.waiting = nil
	}
}
