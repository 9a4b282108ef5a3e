package webhook

import (
	"context"
	"errors"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/view"
)

// lookUp tells how one reservation stands.
func (b *bridge) lookUp(ctx context.Context, x *exchange, namespace, text string) (*v1.Reservation, error) {
	ctx, cancel := x.bound(ctx, b.Wait)
	defer cancel()
	j, err := b.enterToRead(ctx, x, namespace)
	if err != nil {
		return nil, err
	}
	if j == nil {
		return b.lookUpPending(ctx, x, j, namespace, text)
	}
	if r := find(j, text); r != nil {
		return view.Reservation(namespace, r), nil
	}
	if !roleIn(j).elected {
		return b.lookUpElsewhere(ctx, j, namespace, text)
	}
	err = b.proofs.prove(ctx, j)
	if errors.Is(err, allocator.ErrDeposed) {
		return b.lookUpElsewhere(ctx, j, namespace, text)
	}
	if err != nil {
		return nil, orElse(err, "whether there is a reservation %s cannot be told now: ask again", text)
	}
	if r := find(j, text); r != nil {
		return view.Reservation(namespace, r), nil
	}
	return b.lookUpPending(ctx, x, j, namespace, text)
}

// lookUpPending tells of a Reservation that the journal is proven not to have: one that is
// an object, and not decided yet, or one that it has forgotten. Without a journal, nothing was ever
// decided.
func (b *bridge) lookUpPending(ctx context.Context, x *exchange, j Journal, namespace, text string) (*v1.Reservation, error) {
	object, err := b.readObject(ctx, namespace, text)
	if err == nil && (object == nil || object.Spec.Command != nil) {
		return b.lookUpArchived(ctx, x, j, namespace, text)
	}
	return object, err
}

// lookUpElsewhere has the process that leads tell of a Reservation that this one does not know,
// and may merely not have heard of. Where it cannot be asked, there may be an object.
func (b *bridge) lookUpElsewhere(ctx context.Context, j Journal, namespace, text string) (*v1.Reservation, error) {
	if b.Forward != nil {
		return nil, decidedElsewhere(j)
	}
	return b.lookUpObject(ctx, namespace, text)
}

// lookUpObject tells of a Reservation that this process does not know, and may merely not
// have heard of. What shows a command is decided, whatever a status that is still empty says.
func (b *bridge) lookUpObject(ctx context.Context, namespace, text string) (*v1.Reservation, error) {
	object, err := b.readObject(ctx, namespace, text)
	if err != nil {
		return nil, err
	}
	if object == nil || (object.Spec.Command != nil && !object.Decided()) {
		return nil, fail(tryLater, "this replica knows of no reservation %s and does not lead, so another may: ask again", text)
	}
	return object, nil
}
