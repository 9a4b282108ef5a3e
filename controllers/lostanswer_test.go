package controllers

import (
	"context"
	"errors"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/internal/stock"
)

// lossy loses the answers to status updates, after they landed or instead.
type lossy struct {
	client.Client
	lands bool
}

func (l lossy) Status() client.SubResourceWriter {
	return lossyStatus{SubResourceWriter: l.Client.Status(), lands: l.lands}
}

type lossyStatus struct {
	client.SubResourceWriter
	lands bool
}

func (l lossyStatus) Update(ctx context.Context, o client.Object, options ...client.SubResourceUpdateOption) error {
	if l.lands {
		given, _ := o.DeepCopyObject().(client.Object)
		if err := l.SubResourceWriter.Update(ctx, given, options...); err != nil {
			return err
		}
	}
	return errLost
}

// A lost answer is an error; what became of the write is found by reading, and there is one
// outcome whether it landed or not.
func TestLostAnswer(t *testing.T) {
	for name, lands := range map[string]bool{"landed": true, "did not land": false} {
		t.Run(name, func(t *testing.T) {
			p := leader(t)
			made := p.made("r")
			p.r.Client = lossy{p.users, lands}
			if _, err := p.reconcileWithin(t.Context(), "r"); !errors.Is(err, errLost) {
				t.Errorf("error is %v, want that the answer was lost", err)
			}
			first := p.state(stock.ID(made.UID))
			p.r.Client = p.users
			p.reconcile("r")
			p.want("r", reservedOutcome)
			if again := p.state(stock.ID(made.UID)); again.Outcome != first.Outcome || p.read("r").Status.OutcomeID != string(first.Outcome) {
				t.Errorf("the outcome was %s and is %s", first.Outcome, again.Outcome)
			}
		})
	}
}
