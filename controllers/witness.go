package controllers

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
)

// Witness tells what this process has written from what somebody else has.
type Witness interface {
	// Vouch is told of a status before it is written.
	Vouch(object client.Object)
	// Modified is told of an object that does not show what it should, before it is written
	// again, and tells whether somebody else has changed it.
	Modified(ctx context.Context, shown, want client.Object) bool
}

// covers tells whether what is true at a position includes what a status shows. A status
// that shows no position, or what is none, has nothing to be kept.
func covers(at allocator.Position, shown string) bool {
	position, err := allocator.ParsePosition(shown)
	return err != nil || at.Covers(position)
}

// prove returns once it is certain that this process led after the call, and knew all that
// had been decided until then: whatever goes beyond that was not written by any operator.
func prove(ctx context.Context, runner *allocator.Runner) error {
	if _, err := runner.Ask(ctx, stock.Publish{}); err != nil { // it changes nothing
		return fmt.Errorf("prove to lead: %w", err)
	}
	return nil
}
