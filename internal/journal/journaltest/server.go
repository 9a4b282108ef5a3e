// Package journaltest is an API server in memory, for tests that drive journal.Log and
// what stands on it step by step: pages, the StockLedger and the Namespace, guarded
// updates, lists at one version, and the changes that watches bring.
//
// It performs one effect at a time, at the moment in which the test says so, and loses
// nothing by itself: when requests arrive, arrive twice, or are answered is the test's
// business. It is no model of timing. internal/controlplane starts the real one.
package journaltest

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/acme/inventory-service/internal/journal"
)

// Server is what the API server stores. The zero value is not usable: see NewServer.
type Server struct {
	// Version is that of the newest write of anything.
	Version uint64
	// Pages are stored by name. Nobody changes a stored page: a write puts another one.
	Pages map[string]*journal.Page
	// Changes are those of pages, in order, for the watches.
	Changes []Change
	// Dropped is how many changes are not kept any more.
	Dropped int

	Ledger struct {
		Version uint64 // 0: there is none
		Names   journal.Identity
	}
	Namespace struct {
		UID         string
		Terminating bool
	}
	// UIDs counts the objects ever made.
	UIDs int
	// Reject, if set, says why a page is refused for good; Deny why none is taken now.
	Reject, Deny func(*journal.Page) error
	// Rewrite, if set, is a stranger's admission webhook: it changes what is stored.
	Rewrite func(*journal.Page)
}

// Change is one change of a page.
type Change struct {
	Version uint64
	Page    *journal.Page
	Deleted bool
}

// NewServer returns a server with one empty namespace.
func NewServer() *Server {
	s := &Server{Version: 1, Pages: map[string]*journal.Page{}}
	s.Namespace.UID = "ns-1"
	return s
}

// Clone returns an independent copy.
func (s *Server) Clone() *Server {
	c := *s
	c.Pages = maps.Clone(s.Pages)
	c.Changes = slices.Clip(s.Changes) // only appended to
	return &c
}

// Serve performs an effect now and returns its answer. It panics for a notice or a Wake,
// which are none of its business.
func (s *Server) Serve(effect journal.Effect) journal.Event {
	switch e := effect.(type) {
	case journal.List:
		return s.list(e.Call)
	case journal.Get:
		return journal.Got{Call: e.Call, Page: copied(s.Pages[e.Name])}
	case journal.Put:
		return s.put(e)
	case journal.Create:
		return s.create(e)
	case journal.ReadNamespace:
		return journal.NamespaceRead{Call: e.Call, UID: s.Namespace.UID, Terminating: s.Namespace.Terminating}
	case journal.ReadLedger:
		return s.ledger(e.Call)
	case journal.CreateLedger:
		if s.Ledger.Version == 0 && s.admits() {
			s.Ledger.Version, s.Ledger.Names = s.next(), journal.Identity{}
		}
		return s.ledger(e.Call)
	case journal.NameLedger:
		if s.Ledger.Version == e.Version {
			s.Ledger.Version, s.Ledger.Names = s.next(), e.Names
		}
		return s.ledger(e.Call)
	default:
		panic(fmt.Sprintf("nothing to serve: %T", effect))
	}
}

func (s *Server) ledger(call uint64) journal.Event {
	return journal.LedgerRead{Call: call, Found: s.Ledger.Version != 0, Version: s.Ledger.Version, Names: s.Ledger.Names}
}

func (s *Server) list(call uint64) journal.Event {
	e := journal.Listed{Call: call, Version: s.Version}
	for _, name := range slices.Sorted(maps.Keys(s.Pages)) {
		e.Pages = append(e.Pages, *copied(s.Pages[name]))
	}
	return e
}

func (s *Server) put(e journal.Put) journal.Event {
	stored, ok := s.Pages[e.Page.Name]
	switch {
	case s.Deny != nil && s.Deny(&e.Page) != nil:
		return journal.Wrote{Call: e.Call, Result: journal.Denied, Err: s.Deny(&e.Page)}
	case !ok:
		return journal.Wrote{Call: e.Call, Result: journal.Unknown, Err: errors.New("not found")}
	case stored.UID != e.Page.UID || stored.Version != e.Page.Version:
		return journal.Wrote{Call: e.Call, Result: journal.Conflicted, Err: errors.New("conflict")}
	case s.Reject != nil && s.Reject(&e.Page) != nil:
		return journal.Wrote{Call: e.Call, Result: journal.Rejected, Err: s.Reject(&e.Page)}
	case stored.Token != e.Page.Over:
		return journal.Wrote{Call: e.Call, Result: journal.OtherHistory, Err: errors.New("the token is another")}
	}
	page := e.Page
	if s.Rewrite != nil {
		s.Rewrite(&page)
	}
	return journal.Wrote{Call: e.Call, Result: journal.Stored, Page: copied(s.store(page))}
}

func (s *Server) create(e journal.Create) journal.Event {
	switch {
	case s.Pages[e.Name] != nil, !s.admits():
		return journal.Created{Call: e.Call}
	case s.Deny != nil && s.Deny(&journal.Page{Ref: journal.Ref{Name: e.Name}}) != nil:
		return journal.Created{Call: e.Call, Err: s.Deny(&journal.Page{Ref: journal.Ref{Name: e.Name}})}
	}
	s.UIDs++
	page := journal.Page{Ref: journal.Ref{Name: e.Name, UID: fmt.Sprintf("uid-%d", s.UIDs)}}
	return journal.Created{Call: e.Call, Page: copied(s.store(page))}
}

// admits tells whether objects may be created: not in a namespace that is going or gone.
func (s *Server) admits() bool { return s.Namespace.UID != "" && !s.Namespace.Terminating }

func (s *Server) next() uint64 {
	s.Version++
	return s.Version
}

func (s *Server) store(page journal.Page) *journal.Page {
	page.Version = s.next()
	s.Pages[page.Name] = &page
	s.Changes = append(s.Changes, Change{Version: page.Version, Page: &page})
	return &page
}

// Touch changes a page's metadata alone, as kubectl annotate does.
func (s *Server) Touch(name string) { s.store(*s.Pages[name]) }

// Edit changes a page by hand.
func (s *Server) Edit(name string, edit func(*journal.Page)) {
	page := *s.Pages[name]
	edit(&page)
	s.store(page)
}

// Delete deletes a page by hand.
func (s *Server) Delete(name string) {
	page := *s.Pages[name]
	page.Version = s.next()
	delete(s.Pages, name)
	s.Changes = append(s.Changes, Change{Version: page.Version, Page: &page, Deleted: true})
}

// DeleteLedger deletes the StockLedger by hand.
func (s *Server) DeleteLedger() {
	s.next()
	s.Ledger.Version, s.Ledger.Names = 0, journal.Identity{}
}

// After returns the first change after a version, for a watch; false if there is none yet.
func (s *Server) After(version uint64) (Change, bool) {
	for _, c := range s.Changes {
		if c.Version > version {
			return c, true
		}
	}
	return Change{}, false
}

// copied is a page that its receiver may change at the top.
func copied(p *journal.Page) *journal.Page {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

// Pack is a plain encoding of records, for journal.Config: the records behind each other.
func Pack(records [][]byte) []byte {
	return slices.Concat(records...)
}
