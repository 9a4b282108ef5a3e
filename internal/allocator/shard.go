package allocator

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
)

// shard runs the State of one namespace: it serializes the events and performs
// the effects.
type shard struct {
	*Allocator
	namespace string
	log       logr.Logger
	lastCall  atomic.Uint64
	lastMark  atomic.Uint64

	mu      sync.Mutex
	state   *State
	callers map[uint64]chan Decision
	leading bool
	shown   *shownItems
}

func newShard(a *Allocator, namespace string) *shard {
	return &shard{
		Allocator: a,
		namespace: namespace,
		log:       ctrl.Log.WithName("allocator").WithValues("namespace", namespace),
		state:     NewState(a.identity),
		callers:   map[uint64]chan Decision{},
		shown:     newShownItems(),
	}
}

// await waits for the decision that an event with a call's number asks for.
func (s *shard) await(ctx context.Context, uid types.UID, ask func(call uint64) Event) (Decision, error) {
	call := s.lastCall.Add(1)
	reply := make(chan Decision, 1)
	s.mu.Lock()
	s.callers[call] = reply
	s.mu.Unlock()
	s.dispatch(ask(call))
	select {
	case decision := <-reply:
		return decision, nil
	case <-ctx.Done():
		s.dispatch(CallDropped{Call: call, UID: uid})
		s.mu.Lock()
		delete(s.callers, call)
		s.mu.Unlock()
		return Decision{}, ctx.Err()
	}
}

// dispatch applies one event and sets its effects going. It never blocks on
// anything but other dispatches.
func (s *shard) dispatch(e Event) {
	s.mu.Lock()
	effects := s.state.Step(s.Clock.Now(), e)
	changed := s.state.Stock().TakeChanged()
	s.shown.changed(s.Clock.Now(), changed)
	busy := s.state.Busy()
	was, is := s.leading, s.state.Leading()
	s.leading = is
	s.mu.Unlock()

	s.stale.mark(s.namespace, changed, busy)
	if was != is {
		s.announce(is)
	}
	for _, effect := range effects {
		s.perform(effect)
	}
}

// announce tells the operator on call who decides here.
func (s *shard) announce(leading bool) {
	if leading {
		takeOvers.Inc()
		s.log.Info("holding the stock ledger: reservations are decided here")
		return
	}
	s.log.Info("no longer holding the stock ledger: reservations wait until it is taken over again")
}

func (s *shard) perform(effect Effect) {
	if reply, ok := effect.(Reply); ok {
		s.reply(reply)
		return
	}
	s.whileLeading(func(ctx context.Context) {
		if answer := s.do(ctx, effect); answer != nil && ctx.Err() == nil {
			s.dispatch(answer)
		}
	})
}

// do performs one effect and returns the event that answers it, nil if ctx
// ended before.
func (s *shard) do(ctx context.Context, effect Effect) Event {
	switch e := effect.(type) {
	case ReadLedger:
		s.pause(ctx, e.Delay)
		return s.readLedger(ctx, e.Term)
	case CreateLedger:
		return s.createLedger(ctx, e.Term)
	case WriteLedger:
		return s.writeLedger(ctx, e)
	case CatchUp:
		return s.catchUp(ctx, e)
	case RollForward:
		return s.rollForward(ctx, e)
	case TallyFold:
		return s.tallyFold(ctx, e)
	case Wake:
		s.pause(ctx, e.After)
		return Woken{}
	default:
		return nil
	}
}

func (s *shard) reply(r Reply) {
	s.mu.Lock()
	caller := s.callers[r.Call]
	delete(s.callers, r.Call)
	s.mu.Unlock()
	if caller != nil {
		caller <- r.Decision // has room: each call is answered once
	}
}

// pause waits, unless ctx ends before.
func (s *shard) pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := s.Clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-ctx.Done():
	}
}

// persist calls try until it succeeds, with growing pauses, and tells whether
// it did before ctx ended. doing names it for the log.
func (s *shard) persist(ctx context.Context, doing string, try func() error) bool {
	for tries := 0; ctx.Err() == nil; tries++ {
		err := try()
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			break
		}
		s.log.Error(err, "an API request failed and is tried again", "doing", doing, "tries", tries+1)
		s.pause(ctx, backoff(tries))
	}
	return false
}
