package testbed

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/test/books"
)

// Pages are all pages of the journal, read at one version.
func (w *World) Pages() []journal.Page {
	w.Helper()
	var list v1.JournalPageList
	w.Must(w.Client.List(w.Context(), &list, client.InNamespace(w.Namespace)))
	return decoded(&list)
}

func decoded(list *v1.JournalPageList) []journal.Page {
	pages := make([]journal.Page, len(list.Items))
	for i := range list.Items {
		pages[i] = journal.Decode(&list.Items[i])
	}
	return pages
}

// Journal are books of what the journal remembers now.
func (w *World) Journal() *books.Books {
	w.Helper()
	return books.Read(w.Pages(), w.Errorf)
}

// Objects are all that there is in the namespace of the project's kinds.
func (w *World) Objects() (all []client.Object) {
	w.Helper()
	var pages v1.JournalPageList
	var items v1.StockItemList
	var reservations v1.ReservationList
	var ledgers v1.StockLedgerList
	for _, list := range []client.ObjectList{&pages, &items, &reservations, &ledgers} {
		w.Must(w.Client.List(w.Context(), list, client.InNamespace(w.Namespace)))
	}
	for i := range pages.Items {
		all = append(all, &pages.Items[i])
	}
	for i := range items.Items {
		all = append(all, &items.Items[i])
	}
	for i := range reservations.Items {
		all = append(all, &reservations.Items[i])
	}
	for i := range ledgers.Items {
		all = append(all, &ledgers.Items[i])
	}
	return all
}
