package journal

import (
	"context"
	"fmt"
	"time"
)

// NewStore returns the store of a namespace. It sends events until ctx ends; after that
// effects are neither performed nor answered.
func NewStore(ctx context.Context, client *Client, namespace string, events chan<- Event, options StoreOptions) *Store {
	return &Store{client: client, namespace: namespace, options: options.complete(), ctx: ctx, events: events}
}

// Perform begins one effect and returns; the event comes later. It panics on a notice (Reset,
// Applied, Landed, Proved, Abandoned, Refused): notices are for the caller, not for a Store.
func (s *Store) Perform(effect Effect) {
	switch e := effect.(type) {
	case List:
		s.follow(e)
	case Get:
		s.answer(e.Delay, func(ctx context.Context) Event { return s.get(ctx, e) })
	case Put:
		s.answer(e.Delay, func(ctx context.Context) Event { return s.put(ctx, e) })
	case Create:
		s.answer(e.Delay, func(ctx context.Context) Event { return s.create(ctx, e) })
	case ReadNamespace:
		s.answer(e.Delay, func(ctx context.Context) Event { return s.readNamespace(ctx, e) })
	case ReadLedger:
		s.answer(e.Delay, func(ctx context.Context) Event { return s.readLedger(ctx, e.Call) })
	case CreateLedger:
		s.answer(0, func(ctx context.Context) Event { return s.createLedger(ctx, e) })
	case NameLedger:
		s.answer(0, func(ctx context.Context) Event { return s.nameLedger(ctx, e) })
	case Wake:
		s.answer(e.After, func(context.Context) Event { return Woken{Call: e.Call} })
	default:
		panic(fmt.Sprintf("journal: %T is not for a store", effect))
	}
}

// Wait returns when ctx has ended and nothing of the store is left.
func (s *Store) Wait() {
	<-s.ctx.Done()
	s.running.Wait()
}

// answer performs an effect after a delay, and sends its event.
func (s *Store) answer(delay time.Duration, perform func(context.Context) Event) {
	s.running.Go(func() {
		if pause(s.ctx, delay) {
			s.send(s.ctx, perform(s.ctx))
		}
	})
}

// send sends an event, unless ctx ends before somebody receives it.
func (s *Store) send(ctx context.Context, event Event) {
	if ctx.Err() != nil {
		return
	}
	select {
	case s.events <- event:
	case <-ctx.Done():
	}
}

// bounded is the context of one request.
func (s *Store) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.options.Timeout)
}

// pause waits, and tells whether ctx did not end before.
func pause(ctx context.Context, delay time.Duration) bool {
	if delay <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
