package allocator

import (
	"context"
	"errors"
	"fmt"
)

// errTakenOver says that the stored ledger is somebody else's.
var errTakenOver = errors.New("another operator holds the stock ledger")

// checkHeld reads the stored ledger and is errTakenOver where it does not show the
// claim. What is to be written on behalf of the claim has to be read before.
func (s *shard) checkHeld(ctx context.Context, claim Claim) error {
	stored, err := s.storedLedger(ctx)
	if err != nil {
		return fmt.Errorf("read the stock ledger: %w", err)
	}
	if stored == nil || !claim.Shown(stored.UID, &stored.Status) {
		return errTakenOver
	}
	return nil
}

// persistHeld is persist for what is done on behalf of a claim: it also ends when
// try fails with errTakenOver, and taken tells so. done is false where ctx ended
// before either.
func (s *shard) persistHeld(ctx context.Context, doing string, try func() error) (taken, done bool) {
	done = s.persist(ctx, doing, func() error {
		err := try()
		taken = errors.Is(err, errTakenOver)
		if taken {
			return nil
		}
		return err
	})
	return taken, done
}
