package webhook

import (
	"context"
	"encoding/json"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/outcomes"
)

// change is what a command wants done with a Reservation that there is. Its
// methods look at the version they are given and at nothing else.
type change interface {
	// needsOutcome tells whether plan can say nothing about a Pending one.
	needsOutcome() bool
	// plan is the part of the spec to write, nil where there is nothing to. It fails
	// where the command can never be carried out.
	plan(r *v1.Reservation) (spec map[string]any, err error)
	// done tells whether it has been carried out, or never will be.
	done(r *v1.Reservation) bool
	// verdict is nil for one that has been carried out, else why it was not.
	verdict(r *v1.Reservation) error
}

// carryOut writes what a command wants into the spec of a Reservation and returns
// it once the operator has done it.
func (b *bridge) carryOut(ctx context.Context, key types.NamespacedName, c change) (*v1.Reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, b.Wait)
	defer cancel()
	sub := b.Board.Watch(key)
	defer sub.Close()

	read := b.readEither
	if c.needsOutcome() {
		decided, err := b.outcomeOf(ctx, sub, key)
		if err != nil {
			return nil, err
		}
		read = func(context.Context, types.NamespacedName) (*v1.Reservation, error) { return decided, nil }
	}
	current, err := b.write(ctx, key, c, read)
	if err != nil {
		return nil, err
	}
	last, err := b.waitFor(ctx, sub, current, c.done)
	if err != nil {
		return nil, err
	}
	return last, c.verdict(last)
}

// outcomeOf waits until a Reservation has an outcome or never will have one.
// Nothing has been written by then, so whoever waits in vain has to come again.
func (b *bridge) outcomeOf(ctx context.Context, sub *outcomes.Subscription, key types.NamespacedName) (*v1.Reservation, error) {
	var current *v1.Reservation
	err := b.persist(ctx, func(ctx context.Context) (err error) {
		current, err = b.readEither(ctx, key)
		return err
	})
	if err != nil {
		return nil, err
	}
	decided, err := b.await(ctx, sub, current)
	if f := asFailure(err); f != nil && f.kind == undecided {
		f = fail(tryLater, "reservation %s is not decided yet and nothing was done with its items: repeat the request unchanged", key.Name)
		f.reservationID = key.Name
		return nil, f
	}
	return decided, err
}

// write returns the Reservation with what a command wants in its spec, or as it
// is where it has that. Each attempt writes over exactly the version that it has
// looked at. The first version may be an old one from memory: then it conflicts, or
// would refuse what no longer is as it shows, and is read from the API server.
func (b *bridge) write(ctx context.Context, key types.NamespacedName, c change, read readFunc) (*v1.Reservation, error) {
	var current *v1.Reservation
	remembered := true
	err := b.persist(ctx, func(ctx context.Context) error {
		var err error
		if current, err = read(ctx, key); err != nil {
			return err
		}
		spec, err := c.plan(current)
		if err != nil && remembered {
			if current, err = b.readServer(ctx, key); err == nil {
				spec, err = c.plan(current)
			}
		}
		if err != nil || spec == nil {
			return err
		}
		read, remembered = b.readServer, false
		current, err = b.patchSpec(ctx, current, spec)
		return err
	})
	if apierrors.IsInvalid(err) {
		return nil, b.refused(ctx, key, c, err)
	}
	return current, err
}

// refused tells in the bridge's words why the API server's rules did not let a
// change through, where the stored Reservation says it.
func (b *bridge) refused(ctx context.Context, key types.NamespacedName, c change, refusal error) error {
	stored, err := b.readServer(ctx, key)
	if err != nil {
		return err
	}
	if _, err := c.plan(stored); err != nil {
		return err
	}
	return refusal
}

// patchSpec sets some fields of a spec and nothing else, as a compare-and-swap.
func (b *bridge) patchSpec(ctx context.Context, seen *v1.Reservation, spec map[string]any) (*v1.Reservation, error) {
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": seen.ResourceVersion},
		"spec":     spec,
	})
	if err != nil {
		return nil, err
	}
	patched := &v1.Reservation{}
	patched.Namespace, patched.Name = seen.Namespace, seen.Name
	err = b.Client.Patch(ctx, patched, client.RawPatch(types.MergePatchType, patch))
	if apierrors.IsNotFound(err) {
		return nil, errVanished // read again and told as what it is
	}
	return patched, err
}
