package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/acme/inventory-service/internal/archive/schema"
	"github.com/acme/inventory-service/internal/archive/store"
)

// beginFor is how long the database is waited for before this process serves its health: a
// database that is away for long is no reason to restart the process.
const beginFor = 10 * time.Second

// beginning is the preparation of the database, which goes on until it is done, or of no use.
type beginning struct {
	trouble trouble
	logger  logr.Logger
	// done is closed once err says what came of it.
	done chan struct{}
	err  error
}

// begin prepares the database. It tries again where it cannot be reached, and fails where that
// would be of no use.
func (o Options) begin(ctx context.Context) *beginning {
	b := &beginning{logger: o.Logger, done: make(chan struct{})}
	go func() {
		defer close(b.done)
		b.err = b.try(ctx, o.prepare)
	}()
	return b
}

func (b *beginning) try(ctx context.Context, prepare func(context.Context) error) error {
	pause := wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.3, Steps: 7, Cap: 10 * time.Second}
	for {
		err := prepare(ctx)
		switch {
		case err == nil:
			b.trouble.end(b.logger)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case store.Rejected(err), errors.Is(err, schema.ErrOlder), errors.Is(err, schema.ErrNewer), apierrors.IsForbidden(err):
			return err
		}
		b.trouble.begin(b.logger, "", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause.Step()):
		}
	}
}

// await waits for a while and returns what came of it by then: nil, too, if nothing did.
func (b *beginning) await(ctx context.Context, most time.Duration) error {
	select {
	case <-b.done:
		return b.err
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(most):
		return nil
	}
}

// NeedLeaderElection is false: one that waits to be elected says what is wrong, too.
func (b *beginning) NeedLeaderElection() bool { return false }

// Start ends the process where the database cannot be used as it is.
func (b *beginning) Start(ctx context.Context) error {
	select {
	case <-b.done:
		if b.err != nil && ctx.Err() == nil {
			return b.err
		}
	case <-ctx.Done():
	}
	return nil
}

// wrong says why the database is not prepared yet, nil where it is.
func (b *beginning) wrong() error {
	select {
	case <-b.done:
		return b.err
	default:
	}
	if what := b.trouble.now(); what != "" {
		return fmt.Errorf("the database is not prepared yet: %s", what)
	}
	return errors.New("the database is not prepared yet: it does not answer, or is being migrated")
}
