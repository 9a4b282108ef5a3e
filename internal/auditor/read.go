package auditor

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// pageSize bounds what one request of a list returns.
const pageSize = 500

// read takes one look at a namespace, past all caches. Reservations come first:
// what they show as consumed is in the ledger or in a tally by then, and stays
// there.
func (a *Auditor) read(ctx context.Context, namespace string) (*Books, error) {
	b := NewBooks()
	for _, phase := range []v1.Phase{v1.PhasePending, v1.PhaseReserved, v1.PhaseConsumed} {
		var page v1.ReservationList
		err := a.pages(ctx, &page, namespace, func() {
			for i := range page.Items {
				b.AddReservation(&page.Items[i])
			}
		}, client.MatchingFields{"status.phase": string(phase)})
		if err != nil {
			return nil, fmt.Errorf("list %s reservations: %w", phase, err)
		}
	}
	var stored v1.StockLedger
	err := a.Reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: v1.LedgerName}, &stored)
	if err == nil {
		b.SetLedger(&stored)
	} else if !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("read the stock ledger: %w", err)
	}
	var tallies v1.StockTallyList
	if err := a.pages(ctx, &tallies, namespace, func() {
		for i := range tallies.Items {
			b.AddTally(tallies.Items[i].DeepCopy())
		}
	}); err != nil {
		return nil, fmt.Errorf("list stock tallies: %w", err)
	}
	var items v1.StockItemList
	if err := a.pages(ctx, &items, namespace, func() {
		for i := range items.Items {
			b.AddItem(items.Items[i].DeepCopy())
		}
	}); err != nil {
		return nil, fmt.Errorf("list stock items: %w", err)
	}
	return b, nil
}

// pages lists all objects of a kind, page by page into list, and calls see for
// each page.
func (a *Auditor) pages(
	ctx context.Context, list client.ObjectList, namespace string, see func(), options ...client.ListOption,
) error {
	options = append(options, client.InNamespace(namespace), client.Limit(pageSize))
	for next := ""; ; {
		if err := a.Reader.List(ctx, list, append(options[:len(options):len(options)], client.Continue(next))...); err != nil {
			return err
		}
		see()
		if next = list.GetContinue(); next == "" {
			return nil
		}
	}
}
