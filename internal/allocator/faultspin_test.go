package allocator_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

var errForbidden = errors.New("forbidden")

// fails are answers in place of the server's: to each request that ever meets them.
var fails = map[string]func(journal.Effect) (journal.Event, bool){
	"lists": func(e journal.Effect) (journal.Event, bool) {
		list, ok := e.(journal.List)
		return journal.Listed{Call: list.Call, Err: errForbidden}, ok
	},
	"reading the Namespace": func(e journal.Effect) (journal.Event, bool) {
		read, ok := e.(journal.ReadNamespace)
		return journal.NamespaceRead{Call: read.Call, Err: errForbidden}, ok
	},
	"reading the StockLedger": func(e journal.Effect) (journal.Event, bool) {
		read, ok := e.(journal.ReadLedger)
		return journal.LedgerRead{Call: read.Call, Err: errForbidden}, ok
	},
	"naming the journal": func(e journal.Effect) (journal.Event, bool) {
		name, ok := e.(journal.NameLedger)
		return journal.LedgerRead{Call: name.Call, Err: errForbidden}, ok
	},
	"making a page": func(e journal.Effect) (journal.Event, bool) {
		create, ok := e.(journal.Create)
		return journal.Created{Call: create.Call}, ok
	},
	"emptying a page": func(e journal.Effect) (journal.Event, bool) {
		put, ok := e.(journal.Put)
		return journal.Wrote{Call: put.Call, Result: journal.Denied, Err: errForbidden}, ok && put.Page.Emptied
	},
	"writes": func(e journal.Effect) (journal.Event, bool) {
		put, ok := e.(journal.Put)
		return journal.Wrote{Call: put.Call, Result: journal.Denied, Err: errForbidden}, ok
	},
	"writes, as another history": func(e journal.Effect) (journal.Event, bool) {
		put, ok := e.(journal.Put)
		return journal.Wrote{Call: put.Call, Result: journal.OtherHistory, Err: errForbidden}, ok
	},
	"terms, for good": func(e journal.Effect) (journal.Event, bool) {
		put, ok := e.(journal.Put)
		return journal.Wrote{Call: put.Call, Result: journal.Rejected, Err: errForbidden}, ok
	},
	"writes, and then reads": func(e journal.Effect) (journal.Event, bool) {
		switch e := e.(type) {
		case journal.Put:
			return journal.Wrote{Call: e.Call, Result: journal.Unknown, Err: errForbidden}, true
		case journal.Get:
			return journal.Got{Call: e.Call, Err: errForbidden}, true
		}
		return nil, false
	},
	"all but lists, as if nothing were there": func(e journal.Effect) (journal.Event, bool) {
		switch e := e.(type) {
		case journal.Put:
			return journal.Wrote{Call: e.Call, Result: journal.Unknown, Err: errForbidden}, true
		case journal.Get:
			return journal.Got{Call: e.Call}, true
		}
		return nil, false
	},
}

// Whatever fails for long is tried again less and less often: a process that cannot get on
// must not take the API server from those who can.
func TestNothingSpins(t *testing.T) {
	founding := func(t *testing.T) *solo { return newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()) }
	leading := func(t *testing.T) *solo { return founding(t).lead() }
	elect := func(s *solo) { s.elect() }
	decide := func(s *solo) { s.send(mugs(1)) }
	for name, test := range map[string]struct {
		begin func(*testing.T) *solo
		fails string
		then  func(*solo)
	}{
		"listing":                {begin: leading, fails: "lists", then: (*solo).gap},
		"watches end":            {begin: leading, then: func(s *solo) { s.gaps = true; s.gap() }},
		"namespace terminating":  {begin: founding, then: func(s *solo) { s.server.Namespace.Terminating = true; s.elect() }},
		"namespace gone":         {begin: leading, then: loseNamespace},
		"namespace unreadable":   {begin: founding, fails: "reading the Namespace", then: elect},
		"ledger unreadable":      {begin: founding, fails: "reading the StockLedger", then: elect},
		"no first page":          {begin: founding, fails: "making a page", then: elect},
		"no free page":           {begin: leading, fails: "making a page", then: func(s *solo) { s.server.Delete("journal-1"); s.follow() }},
		"ledger cannot be named": {begin: leading, fails: "naming the journal", then: func(s *solo) { s.server.DeleteLedger(); s.hear(journal.LedgerSeen{}) }},
		"emptying":               {begin: passing, fails: "emptying a page", then: func(s *solo) { s.thaw() }},
		"writes denied":          {begin: leading, fails: "writes", then: decide},
		"another history":        {begin: leading, fails: "writes, as another history", then: decide},
		"terms rejected":         {begin: founding, fails: "terms, for good", then: elect},
		"nothing readable":       {begin: leading, fails: "writes, and then reads", then: decide},
		"nothing served":         {begin: leading, fails: "all but lists, as if nothing were there", then: decide},
	} {
		t.Run(name, func(t *testing.T) {
			s := test.begin(t)
			s.answer = fails[test.fails]
			clear(s.sent)
			test.then(s)
			s.pass(20 * time.Second)
			requests := 0
			for _, n := range s.sent {
				requests += n
			}
			if requests < 4 || requests > 120 {
				t.Errorf("%d requests in 20 seconds: %v", requests, s.sent)
			}
		})
	}
}

// loseNamespace deletes the whole namespace under a process.
func loseNamespace(s *solo) {
	s.server.Namespace.UID = ""
	for name := range s.server.Pages {
		s.server.Delete(name)
	}
	s.server.DeleteLedger()
	s.follow()
}

// passing is a leader that is about to empty a page which the head has passed.
func passing(t *testing.T) *solo {
	small := fixture.Policy(func(p *stock.Policy) { p.CompactAbove = 1 })
	s := newSolo(t, journaltest.NewServer(), "p1", small, fixture.Fill(24), func(c *journal.Config) { c.Spare = 0 }).lead()
	s.frozen = func(e journal.Effect) bool {
		put, ok := e.(journal.Put)
		return ok && put.Page.Emptied
	}
	for n := 0; len(s.kept) == 0; n++ {
		if n == 100 {
			t.Fatalf("no page is emptied: head %d of %d", s.Stock().Head(), s.Log().Position().Page)
		}
		s.must(stock.Register{Name: "archive", Position: fmt.Sprint(n)})
		s.follow()
	}
	return s
}
