package controllers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/namespaces"
)

// notWorkedIn takes note of the StockLedger of a namespace in which this process does not work. If
// it still names this process as the leader of a namespace that is out of scope, it is made to say
// that nobody decides there: no other process may ever take the namespace up and say so.
func (r *StockLedgerReconciler) notWorkedIn(ctx context.Context, namespace string, ledger *v1.StockLedger) error {
	if outside := r.Namespaces.Outside(namespace); outside != nil && ledger.Status.Leader == r.Self {
		if err := r.giveUp(ctx, namespace, outside); err != nil {
			return fmt.Errorf("have StockLedger %s/%s say that the namespace is given up: %w", namespace, v1.LedgerName, err)
		}
	}
	observed.seeGivenUp(namespace, reasonOf(v1.ConditionLedgerReady, ledger.Status.Conditions) == v1.ReasonGivenUp)
	return nil
}

// giveUpAtLast tries once more as the process ends, since no other has its name.
func (r *StockLedgerReconciler) giveUpAtLast(ctx context.Context, namespace string, why *namespaces.OutsideError) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if err := r.giveUp(ctx, namespace, why); err != nil {
		log.FromContext(ctx).Error(err, "the StockLedger does not say that the namespace is given up", "namespace", namespace)
	}
}

// giveUp writes it over the version that still names this process. One that does not is of the next
// leader, or says it already. It reads past the cache, which may be far behind.
func (r *StockLedgerReconciler) giveUp(ctx context.Context, namespace string, why *namespaces.OutsideError) error {
	ledger := &v1.StockLedger{}
	if err := r.APIReader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: v1.LedgerName}, ledger); err != nil {
		return client.IgnoreNotFound(err)
	}
	if ledger.Status.Leader != r.Self {
		return nil
	}
	before := slices.Clone(ledger.Status.Conditions)
	showGivenUp(&ledger.Status, r.Self, why, r.Now())
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
