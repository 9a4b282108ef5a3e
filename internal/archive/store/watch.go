package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// watched ends a context once nothing has come of what is done with it for a while.
type watched struct {
	ctx      context.Context
	cancel   context.CancelCauseFunc
	timer    *time.Timer
	patience time.Duration
	perTrip  int
}

// errStuck says that the database has not answered for as long as is waited for.
var errStuck = errors.New("the database does not answer")

func watch(ctx context.Context, patience time.Duration) (context.Context, *watched) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watched{ctx: ctx, cancel: cancel, patience: patience, perTrip: perTrip}
	w.timer = time.AfterFunc(patience, func() { cancel(fmt.Errorf("%w for %v: it is frozen, or somebody holds a lock", errStuck, patience)) })
	return ctx, w
}

// goesOn says that something has come of it.
func (w *watched) goesOn() { w.timer.Reset(w.patience) }

func (w *watched) end() {
	w.timer.Stop()
	w.cancel(nil)
}

// explain is an error with its cause, where that is that nothing came.
func (w *watched) explain(err error) error {
	if cause := context.Cause(w.ctx); err != nil && errors.Is(cause, errStuck) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}
