package testbed

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/books"
)

// Settle waits until the namespace rests: some operator decides, everything that was
// asked for is decided, every outcome is delivered, and every object shows what the
// journal says. Nothing may be promised twice.
func (w *World) Settle() {
	w.Helper()
	w.AwaitSettled()
	w.checkPromises()
}

// AwaitSettled is Settle where people have lowered what was received below what was
// promised.
func (w *World) AwaitSettled() {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), Patience)
	defer cancel()
	changed, stop := w.changes(ctx)
	defer stop()
	last := ""
	for {
		problem, err := w.unsettled(ctx)
		switch {
		case err == nil && problem == "":
			return
		case ctx.Err() != nil:
			w.Fatalf("the namespace never came to rest: %s (%v)", last, err)
		case problem != "":
			last = problem
		}
		select {
		case <-changed:
		case <-time.After(time.Second): // the API server may be away for a moment
		case <-ctx.Done():
		}
	}
}

// checkPromises fails the test where more is promised than was received.
func (w *World) checkPromises() {
	w.Helper()
	var items v1.StockItemList
	w.Must(w.Client.List(w.Context(), &items, client.InNamespace(w.Namespace)))
	for _, i := range items.Items {
		if s := i.Status; s.Reserved+s.Consumed > i.Spec.Received {
			w.Errorf("oversold: %d units of %s are held, %d were shipped and %d received", s.Reserved, i.Name, s.Consumed, i.Spec.Received)
		}
	}
}

// changes tells whenever something in the namespace changes.
func (w *World) changes(ctx context.Context) (changed <-chan struct{}, stop func()) {
	w.Helper()
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	news := make(chan struct{}, 1)
	tell := func() {
		select {
		case news <- struct{}{}:
		default:
		}
	}
	Follow(ctx, &running, w, func() client.ObjectList { return &v1.JournalPageList{} }, tell, func(*v1.JournalPage) { tell() }, func(*v1.JournalPage) { tell() })
	Follow(ctx, &running, w, func() client.ObjectList { return &v1.StockItemList{} }, tell, func(*v1.StockItem) { tell() }, func(*v1.StockItem) { tell() })
	Follow(ctx, &running, w, func() client.ObjectList { return &v1.ReservationList{} }, tell, func(*v1.Reservation) { tell() }, func(*v1.Reservation) { tell() })
	Follow(ctx, &running, w, func() client.ObjectList { return &v1.StockLedgerList{} }, tell, func(*v1.StockLedger) { tell() }, func(*v1.StockLedger) { tell() })
	return news, func() { cancel(); running.Wait() }
}

// unsettled says what is not at rest, empty if everything is.
func (w *World) unsettled(ctx context.Context) (problem string, err error) {
	var reservations v1.ReservationList
	var items v1.StockItemList
	var ledgers v1.StockLedgerList
	var pages v1.JournalPageList
	for _, list := range []client.ObjectList{&reservations, &items, &ledgers, &pages} { // the journal last
		if err := w.Client.List(ctx, list, client.InNamespace(w.Namespace)); err != nil {
			return "", err
		}
	}
	violated := func(format string, arguments ...any) { problem = fmt.Sprintf(format, arguments...) }
	b := books.Read(decoded(&pages), violated)
	if len(ledgers.Items) != 1 {
		return "there is no ledger", nil
	}
	for _, next := range []string{
		w.unsettledLedger(b, &ledgers.Items[0]), unsettledItems(b, items.Items), unsettledReservations(b, reservations.Items),
	} {
		if problem == "" {
			problem = next
		}
	}
	return problem, nil
}

func (w *World) unsettledLedger(b *books.Books, l *v1.StockLedger) string {
	is, want := l.Status.Totals, b.Totals(b.At)
	is.Remembered, is.Undelivered = 0, 0
	switch {
	case !LedgerReady(&l.Status):
		return fmt.Sprintf("the ledger is not ready: %+v", l.Status.Conditions)
	case l.Status.Totals.Undelivered != 0 || b.Marks.Published < b.Marks.Outcomes && !w.undeliverable:
		return fmt.Sprintf("%d of %d outcomes are delivered, the ledger shows %+v", b.Marks.Published, b.Marks.Outcomes, l.Status.Totals)
	case is != want:
		return fmt.Sprintf("the ledger shows %+v, and the journal says %+v", is, want)
	default:
		return ""
	}
}

func unsettledItems(b *books.Books, items []v1.StockItem) string {
	for i := range items {
		if items[i].Status.ObservedGeneration != items[i].Generation {
			return fmt.Sprintf("stock item %s shows generation %d", items[i].Name, items[i].Status.ObservedGeneration)
		}
		if problem := b.Differs(&items[i]); problem != "" {
			return problem
		}
	}
	return ""
}

func unsettledReservations(b *books.Books, reservations []v1.Reservation) string {
	shown := map[string]bool{}
	for i := range reservations {
		r := &reservations[i]
		shown[r.Name] = true
		if Owed(r, time.Now()) {
			return fmt.Sprintf("reservation %s is %s with intent %s", r.Name, r.CurrentPhase(), r.Spec.Intent)
		}
		if problem := b.DiffersFrom(r); problem != "" {
			return problem
		}
	}
	for _, c := range b.Carts() {
		if name := books.Name(c); c.Phase == stock.PhaseReserved && !shown[name] {
			return fmt.Sprintf("no object shows reservation %s", name)
		}
	}
	return ""
}

// Owed tells whether an operator still has something to do for a Reservation.
func Owed(r *v1.Reservation, now time.Time) bool {
	switch r.CurrentPhase() {
	case v1.PhasePending:
		return true
	case v1.PhaseReserved:
		expired := r.Status.ExpiresAt != nil && r.Status.ExpiresAt.Time.Before(now)
		return r.Spec.Intent != v1.IntentHold || expired
	default:
		return false
	}
}

// LedgerReady tells whether some operator decides.
func LedgerReady(s *v1.StockLedgerStatus) bool {
	return meta.IsStatusConditionTrue(s.Conditions, v1.ConditionLedgerReady)
}
