package testbed

import (
	"encoding/json"
	"net/http"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// Append is a write of a page, as it changes the journal.
type Append struct {
	Page journal.Page
	// Before is what stood on the page's object when the write came by.
	Before journal.Page
	// New are the records that the write adds.
	New []stock.Record
}

// Turns tells whether the write is the first on a page that held another one, or none.
func (a *Append) Turns() bool { return a.Page.Number != a.Before.Number }

// Over tells whether the write is the first on a page that held another one.
func (a *Append) Over() bool { return a.Turns() && a.Before.Number > 0 }

// Fills tells whether the write fills its page.
func (a *Append) Fills() bool { return a.Page.Header.Next != nil }

// Restates tells whether compaction has added something.
func (a *Append) Restates() bool {
	return a.Has(func(r stock.Record) bool {
		switch r.(type) {
		case *stock.Cart, *stock.TotalRecord:
			return true
		default:
			return false
		}
	})
}

// Has tells whether the write adds a record of which something is true.
func (a *Append) Has(is func(stock.Record) bool) bool { return slices.ContainsFunc(a.New, is) }

// appendOf reads the write of a page; nil where it is none.
func (p *Proxy) appendOf(method, resource string, body []byte) *Append {
	var object v1.JournalPage
	if method != http.MethodPut || resource != "journalpages" || json.Unmarshal(body, &object) != nil {
		return nil
	}
	a := &Append{Page: journal.Decode(&object)}
	var before v1.JournalPage
	if p.w.Client.Get(p.w.Context(), client.ObjectKey{Namespace: p.w.Namespace, Name: object.Name}, &before) == nil {
		a.Before = journal.Decode(&before)
	}
	from := 0
	if !a.Turns() {
		from = min(len(a.Before.Records), len(a.Page.Records))
	}
	for _, encoded := range a.Page.Records[from:] {
		record, err := stock.Decode(encoded)
		if err != nil {
			p.w.Errorf("an operator writes what is no record: %v", err)
			continue
		}
		a.New = append(a.New, record)
	}
	return a
}

// names tells whether a write of the ledger has it name another journal than before.
func (p *Proxy) names(method, resource string, body []byte) bool {
	var now, before v1.StockLedger
	if method != http.MethodPut || resource != "stockledgers/status" || json.Unmarshal(body, &now) != nil || now.Status.Journal == nil {
		return false
	}
	err := p.w.Client.Get(p.w.Context(), client.ObjectKey{Namespace: p.w.Namespace, Name: v1.LedgerName}, &before)
	return err == nil && (before.Status.Journal == nil || *before.Status.Journal != *now.Status.Journal)
}
