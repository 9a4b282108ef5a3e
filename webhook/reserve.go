package webhook

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/outcomes"
)

// errVanished says that a Reservation stood in the way of its own creation and
// was gone when it was read. It is worth another attempt.
var errVanished = errors.New("the reservation was deleted while it was read")

// reserve makes a Reservation, or meets the one that the same command made, and
// returns it once it has an outcome.
func (b *bridge) reserve(ctx context.Context, wanted *v1.Reservation) (*v1.Reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, b.Wait)
	defer cancel()
	sub := b.Board.Watch(client.ObjectKeyFromObject(wanted))
	defer sub.Close()

	current, err := b.create(ctx, wanted)
	if err != nil {
		f := b.describe(err)
		if f.kind == tryLater { // the API server may have made it
			f.reservationID = wanted.Name
		}
		return nil, f
	}
	if !sameCommand(current, wanted) {
		return nil, fail(idReused, "another command was taken under this id: give every command an id of its own and repeat it unchanged")
	}
	decided, err := b.await(ctx, sub, current)
	switch {
	case err != nil:
		return nil, err
	case !decided.Decided():
		return nil, fail(withdrawn, "reservation %s was released before it was decided", decided.Name)
	}
	return decided, nil
}

// create returns the Reservation of this name, made by this attempt, an earlier
// one whose answer was lost, or an earlier command.
func (b *bridge) create(ctx context.Context, wanted *v1.Reservation) (*v1.Reservation, error) {
	var current *v1.Reservation
	err := b.persist(ctx, func(ctx context.Context) error {
		current = wanted.DeepCopy()
		err := b.Client.Create(ctx, current)
		if !apierrors.IsAlreadyExists(err) {
			return err
		}
		current = &v1.Reservation{}
		err = b.APIReader.Get(ctx, client.ObjectKeyFromObject(wanted), current)
		if apierrors.IsNotFound(err) {
			return errVanished
		}
		return err
	})
	return current, err
}

// await returns a Reservation once nothing stands out: it is decided, or never
// will be.
func (b *bridge) await(ctx context.Context, sub *outcomes.Subscription, current *v1.Reservation) (*v1.Reservation, error) {
	return b.waitFor(ctx, sub, current, func(r *v1.Reservation) bool {
		return r.Decided() || r.CurrentPhase().Final()
	})
}

// waitFor waits for a state of a Reservation and tells why it did not come.
func (b *bridge) waitFor(ctx context.Context, sub *outcomes.Subscription, current *v1.Reservation, done func(*v1.Reservation) bool) (*v1.Reservation, error) {
	last, err := sub.Wait(ctx, current, done)
	if err == nil {
		return last, nil
	}
	if gone := (*outcomes.DeletedError)(nil); errors.As(err, &gone) {
		return nil, fail(withdrawn, "reservation %s was deleted", current.Name)
	}
	f := fail(undecided, "reservation %s is accepted and not decided yet: ask again", current.Name)
	if last.Decided() {
		f = fail(undecided, "the command for reservation %s is accepted and not carried out yet: ask again", current.Name)
	}
	f.reservationID = current.Name
	f.cause = &undecidedError{reservation: last}
	return nil, f
}
