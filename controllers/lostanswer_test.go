package controllers

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
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
	return apierrors.NewTimeoutError("the answer was lost", 1)
}

// A lost answer is an error and nobody is told an outcome; what became of the
// write is found by reading, and there is one outcome whether it landed or not.
func TestLostAnswer(t *testing.T) {
	for name, lands := range map[string]bool{"landed": true, "did not land": false} {
		t.Run(name, func(t *testing.T) {
			c := apiClient(t)
			made := pending(t, c)
			answers := []answer{held, held}
			if lands {
				answers = answers[:1] // it must not be asked again
			}
			r, d := reconciler(t, c, answers...)
			r.Client = lossy{c, lands}
			if _, err := r.Reconcile(t.Context(), requestFor(made)); !apierrors.IsTimeout(err) {
				t.Errorf("error is %v, want the time-out", err)
			}
			if len(d.seen) > 0 {
				t.Errorf("%v was told on the word of a lost answer", d.seen)
			}
			r.Client = c
			if _, err := r.Reconcile(t.Context(), requestFor(made)); err != nil {
				t.Fatal(err)
			}
			got := read(t, c, made.Name)
			if diff := cmp.Diff(reservedOutcome, outcomeOf(got)); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
			if !lands && !cmp.Equal(d.seen, []v1.Phase{v1.PhaseReserved}) {
				t.Errorf("told %v", d.seen)
			}
		})
	}
}
