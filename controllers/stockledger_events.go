package controllers

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Reasons of Events of StockLedgers. Those that are none of a condition.
const (
	reasonJournalDamaged       = "JournalDamaged"
	reasonJournalRepaired      = "JournalRepaired"
	reasonOutcomeUndeliverable = "OutcomeUndeliverable"
	reasonRestoreRefused       = "RestoreRefused"
)

// ledgerEvents are what a status that was written shows for the first time.
func ledgerEvents(before, now []metav1.Condition) (all []happening) {
	if c, has := began(v1.ConditionJournalDamaged, metav1.ConditionTrue, before, now); has {
		all = append(all, warning(reasonJournalDamaged, "Follow", c.Message))
	}
	if c, has := began(v1.ConditionJournalDamaged, metav1.ConditionFalse, before, now); has &&
		meta.IsStatusConditionTrue(before, v1.ConditionJournalDamaged) {
		all = append(all, normal(reasonJournalRepaired, "Follow", c.Message))
	}
	if c, has := began(v1.ConditionConsistent, metav1.ConditionFalse, before, now); has && c.Reason == v1.ReasonFiguresDiffer {
		all = append(all, warning(c.Reason, "Audit", c.Message))
	}
	if c := meta.FindStatusCondition(now, v1.ConditionRestored); c != nil && c.Reason != reasonOf(v1.ConditionRestored, before) {
		switch c.Reason {
		case v1.ReasonRestored:
			all = append(all, normal(c.Reason, "Restore", c.Message))
		case v1.ReasonRestoreRefused:
			all = append(all, warning(reasonRestoreRefused, "Restore", c.Message))
		}
	}
	if c, has := began(v1.ConditionContested, metav1.ConditionTrue, before, now); has {
		all = append(all, warning(c.Reason, "Lead", c.Message))
	}
	if c := meta.FindStatusCondition(now, v1.ConditionLedgerReady); c != nil && c.Reason == v1.ReasonGivenUp &&
		reasonOf(v1.ConditionLedgerReady, before) != c.Reason {
		all = append(all, normal(c.Reason, "Lead", c.Message))
	}
	return all
}

// watchDeliveries records an Event of the StockLedger when a Reservation comes to say that the
// sink refuses its outcome. All carts of a namespace make one series, about the first of them.
func (r *StockLedgerReconciler) watchDeliveries(ctx context.Context, mgr ctrl.Manager) error {
	informer, err := mgr.GetCache().GetInformer(ctx, &v1.Reservation{})
	if err != nil {
		return fmt.Errorf("watch Reservations: %w", err)
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{UpdateFunc: func(old, changed any) {
		before, ok := old.(*v1.Reservation)
		now, too := changed.(*v1.Reservation)
		if !ok || !too {
			return
		}
		if c, has := began(v1.ConditionDelivered, metav1.ConditionFalse, before.Status.Conditions, now.Status.Conditions); has {
			r.tellUndeliverable(ctx, now, c)
		}
	}})
	return err
}

// tellUndeliverable is about an outcome of the namespace that this process leads.
func (r *StockLedgerReconciler) tellUndeliverable(ctx context.Context, of *v1.Reservation, c metav1.Condition) {
	if _, ok := leading(r.Namespaces, of.Namespace); !ok {
		return
	}
	ledger := &v1.StockLedger{}
	if err := r.Get(ctx, client.ObjectKey{Namespace: of.Namespace, Name: v1.LedgerName}, ledger); err != nil {
		return // it is about to be made again: the condition of the Reservation says as much
	}
	record(r.events, ledger, warning(reasonOutcomeUndeliverable, "Deliver",
		fmt.Sprintf("the sink refuses the outcome of Reservation %s, and maybe others: %s", of.Name, c.Message)))
}
