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

// inheritedPace is how often it is looked whether a namespace that another replica has left is for
// this process to give up: not before it is elected and knows of the Namespace.
const inheritedPace = 2 * time.Second

// notWorkedIn takes note of the StockLedger of a namespace in which this process does not work. If
// it still names this process, or another of its deployment, as the leader of a namespace that is
// out of scope, it is made to say that nobody decides there: no other deployment may ever take the
// namespace up and say so. It is to be looked at again later where that is not zero.
func (r *StockLedgerReconciler) notWorkedIn(ctx context.Context, namespace string, ledger *v1.StockLedger) (later time.Duration, err error) {
	if outside := r.Namespaces.Outside(namespace); outside != nil && r.givesUp(&ledger.Status) {
		if err := r.giveUp(ctx, namespace, outside); err != nil {
			return 0, fmt.Errorf("have StockLedger %s/%s say that the namespace is given up: %w", namespace, v1.LedgerName, err)
		}
	}
	observed.seeGivenUp(namespace, reasonOf(v1.ConditionLedgerReady, ledger.Status.Conditions) == v1.ReasonGivenUp)
	if r.inherits(&ledger.Status) {
		later = inheritedPace
	}
	return later, nil
}

// givesUp tells whether a namespace that is out of scope is for this process to give up. It is where
// this process led last. Where another replica did, that may have ended before it could, or have
// left the scope by new flags: whoever is elected does it then.
func (r *StockLedgerReconciler) givesUp(s *v1.StockLedgerStatus) bool {
	return s.Leader == r.Self || r.inherits(s) && r.Namespaces.Elected()
}

// inherits tells whether a status names another replica of this deployment as the leader.
func (r *StockLedgerReconciler) inherits(s *v1.StockLedgerStatus) bool {
	return s.Leader != "" && s.Leader != r.Self && s.Lease != "" && s.Lease == r.Lease
}

// giveUpAtLast tries once more as the process ends, since no other has its name.
func (r *StockLedgerReconciler) giveUpAtLast(ctx context.Context, namespace string, why *namespaces.OutsideError) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if err := r.giveUp(ctx, namespace, why); err != nil {
		log.FromContext(ctx).Error(err, "the StockLedger does not say that the namespace is given up", "namespace", namespace)
	}
}

// giveUp writes it over the version that still names this process, or one of its deployment. One
// that does not is of the next leader, or says it already. It reads past the cache, which may be far
// behind.
func (r *StockLedgerReconciler) giveUp(ctx context.Context, namespace string, why *namespaces.OutsideError) error {
	ledger := &v1.StockLedger{}
	if err := r.APIReader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: v1.LedgerName}, ledger); err != nil {
		return client.IgnoreNotFound(err)
	}
	if !r.givesUp(&ledger.Status) {
		return nil
	}
	before := slices.Clone(ledger.Status.Conditions)
	showGivenUp(&ledger.Status, why, r.Now())
	ledger.Status.ObservedGeneration = ledger.Generation
	if err := r.Status().Update(ctx, ledger); err != nil {
		return client.IgnoreNotFound(err)
	}
	record(r.events, ledger, ledgerEvents(before, ledger.Status.Conditions)...)
	return nil
}

// showGivenUp makes a status say that its leader leads no more and that nobody else may. Whether
// others are in each other's way is theirs to say.
func showGivenUp(s *v1.StockLedgerStatus, why *namespaces.OutsideError, now time.Time) {
	setLedgerCondition(&s.Conditions, metav1.Condition{
		Type: v1.ConditionLedgerReady, Status: metav1.ConditionFalse, Reason: v1.ReasonGivenUp,
		Message: fmt.Sprintf("no cart is decided: the deployment of %s works in %s and has given this namespace up. "+
			"Label the namespace so that the --namespace-selector of a deployment matches it", s.Leader, why.Scope),
	}, now)
	s.Leader, s.Lease = "", ""
	meta.RemoveStatusCondition(&s.Conditions, v1.ConditionContested)
}
