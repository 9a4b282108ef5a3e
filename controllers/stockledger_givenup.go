package controllers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/namespaces"
)

// giveUpTimeout bounds how long a namespace that comes back into scope waits for what is said of
// its end.
const giveUpTimeout = 5 * time.Second

// giveUpBackoff is how often that is tried: what the process knows of the StockLedger is over then.
var giveUpBackoff = wait.Backoff{Duration: 20 * time.Millisecond, Factor: 2, Jitter: 0.1, Steps: 8}

// giveUp makes the StockLedger of a namespace that has left the scope say that nobody decides
// there. No other process may ever take the namespace up, and then nobody else would say so.
func (r *StockLedgerReconciler) giveUp(ctx context.Context, namespace, self string, why *namespaces.OutsideError) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveUpTimeout)
	defer cancel()
	err := retry.OnError(giveUpBackoff, func(error) bool { return ctx.Err() == nil }, func() error {
		return r.writeGivenUp(ctx, namespace, self, why)
	})
	if err != nil {
		log.FromContext(ctx).Error(err, "the StockLedger does not say that the namespace is given up", "namespace", namespace)
	}
}

// writeGivenUp writes it over the version that still names this process. One that does not is of
// the next leader, or of a replica that says it itself. It reads past the cache, which may be
// behind: after a conflict nobody else writes it again.
func (r *StockLedgerReconciler) writeGivenUp(ctx context.Context, namespace, self string, why *namespaces.OutsideError) error {
	ledger := &v1.StockLedger{}
	if err := r.APIReader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: v1.LedgerName}, ledger); err != nil {
		return client.IgnoreNotFound(err)
	}
	if ledger.Status.Leader != self {
		return nil
	}
	before := slices.Clone(ledger.Status.Conditions)
	showGivenUp(&ledger.Status, self, why, r.Now())
	ledger.Status.ObservedGeneration = ledger.Generation
	if err := r.Status().Update(ctx, ledger); err != nil {
		return client.IgnoreNotFound(err)
	}
	record(r.events, ledger, ledgerEvents(before, ledger.Status.Conditions)...)
	return nil
}

// showGivenUp makes a status say that this process leads no more and that nobody else may. Whether
// others are in each other's way is theirs to say.
func showGivenUp(s *v1.StockLedgerStatus, self string, why *namespaces.OutsideError, now time.Time) {
	s.Leader = ""
	setLedgerCondition(&s.Conditions, metav1.Condition{
		Type: v1.ConditionLedgerReady, Status: metav1.ConditionFalse, Reason: v1.ReasonGivenUp,
		Message: fmt.Sprintf("no cart is decided: %s has given this namespace up, since it works in %s. "+
			"Label the namespace so that the --namespace-selector of a deployment matches it", self, why.Scope),
	}, now)
	meta.RemoveStatusCondition(&s.Conditions, v1.ConditionContested)
}
