package allocator

import (
	"maps"
	"slices"

	"github.com/acme/inventory-service/internal/journal"
)

// What people do: the second part of an action.
const (
	touchPage = iota + 1
	deletePage
	deletePages
	deleteLedger
	editRecords
	editEmpty
	deleteNamespace
	vanishPage
	vanishLedger
	vanishNamespace
	makeNamespace
	annotate
)

func (w *world) pageNames() []string { return slices.Sorted(maps.Keys(w.server.Pages)) }

func (w *world) enabledPeople(actions []action) []action {
	add := func(kind, which uint8) { actions = append(actions, action{actPeople, kind, which, 0}) }
	for k, name := range w.pageNames() {
		k := uint8(k)
		if w.left.touches > 0 {
			add(touchPage, k)
		}
		if w.left.deletions > 0 {
			add(deletePage, k)
		}
		if w.left.edits > 0 && w.server.Pages[name].Number > 0 {
			add(editRecords, k)
			add(editEmpty, k)
		}
		if w.server.Namespace.Terminating {
			add(vanishPage, k)
		}
	}
	if w.left.deletions > 0 && len(w.server.Pages) > 1 {
		add(deletePages, 0)
	}
	if w.left.ledgers > 0 && w.server.Ledger.Version != 0 {
		add(deleteLedger, 0)
	}
	return w.enabledNamespace(actions)
}

func (w *world) enabledNamespace(actions []action) []action {
	n := &w.server.Namespace
	switch {
	case n.UID == "":
		return append(actions, action{actPeople, makeNamespace, 0, 0})
	case !n.Terminating:
		if w.left.namespaces > 0 {
			return append(actions, action{actPeople, deleteNamespace, 0, 0})
		}
	case w.server.Ledger.Version != 0:
		return append(actions, action{actPeople, vanishLedger, 0, 0})
	case len(w.server.Pages) == 0:
		return append(actions, action{actPeople, vanishNamespace, 0, 0})
	}
	return actions
}

func (w *world) people(a action) {
	names := w.pageNames()
	switch a.a {
	case touchPage:
		w.left.touches--
		w.reach("a page is touched")
		w.server.Touch(names[a.b])
	case deletePage:
		w.left.deletions--
		w.deleted(names[a.b])
	case deletePages:
		w.left.deletions--
		for _, name := range names {
			w.deleted(name)
		}
	case vanishPage:
		w.deleted(names[a.b])
	case deleteLedger:
		w.left.ledgers--
		w.server.DeleteLedger()
	case vanishLedger:
		w.server.DeleteLedger()
	case editRecords, editEmpty:
		w.left.edits--
		w.edited(names[a.b], a.a)
	case deleteNamespace:
		w.left.namespaces--
		w.server.Namespace.Terminating = true
	case vanishNamespace:
		w.server.Namespace.UID, w.server.Namespace.Terminating = "", false
		w.truth.endNamespace()
		if w.cfg.going {
			w.people(action{actPeople, makeNamespace, 0, 0}) // at once: one thing less to happen
		}
	case annotate:
		w.annotate(int(a.b), a.c == 1)
	case makeNamespace:
		w.reach("the namespace is made again")
		w.server.Namespace.UID = "ns-2"
	}
}

func (w *world) deleted(name string) {
	w.reach("a page is deleted")
	page := w.server.Pages[name]
	w.server.Delete(name)
	w.truth.deleted(page)
}

func (w *world) edited(name string, how uint8) {
	w.reach("a page is edited")
	page := w.server.Pages[name]
	w.server.Edit(name, func(p *journal.Page) {
		if how == editEmpty || len(p.Records) == 0 {
			*p = journal.Page{Ref: p.Ref, Token: p.Token, Over: p.Over, Version: p.Version, Broken: "it has no number and yet was written"}
			return
		}
		p.Records = p.Records[:len(p.Records)-1]
		p.Blob = slices.Concat(p.Records...)
	})
	w.truth.edited(page)
}
