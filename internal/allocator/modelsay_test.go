package allocator

import (
	"fmt"
	"strings"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// say tells in words what an action does.
func (w *world) say(a action) string {
	i, k := int(a.a), int(a.b)
	switch a.kind {
	case actDeliver:
		c, _ := w.server.After(w.procs[i].cursor)
		return fmt.Sprintf("%s sees %s, deleted %t", w.procs[i].name, sayPage(c.Page), c.Deleted)
	case actServe:
		return w.sayRequest(i, k) + " arrives"
	case actAnswer:
		return w.sayRequest(i, k) + " is answered"
	case actServeAnswer:
		return w.sayRequest(i, k) + " arrives and is answered"
	case actLose:
		return w.sayRequest(i, k) + ": the answer is lost"
	case actGiveUp:
		return w.sayRequest(i, k) + " is given up, and may arrive yet"
	case actDouble:
		return w.sayRequest(i, k) + " arrives, and will arrive again"
	case actStray:
		return "a request that was given up arrives: " + sayEffect(w.strays[i])
	case actWake:
		return w.procs[i].name + " wakes"
	case actNudge:
		return w.procs[i].name + " tries to append"
	case actLedgerSeen:
		return w.procs[i].name + " sees the StockLedger"
	case actBreak:
		return w.procs[i].name + ": its watch ends"
	case actElect:
		return w.procs[i].name + " is elected"
	case actDepose:
		return w.procs[i].name + " is deposed"
	case actCrash:
		return w.procs[i].name + " crashes and starts anew"
	case actAsk:
		return fmt.Sprintf("%s is asked to %s", w.procs[i].name, w.cfg.commands[k].name)
	case actTick:
		return "time goes on"
	case actHear:
		return w.procs[i].name + " hears of the annotation"
	default:
		return w.sayPeople(a)
	}
}

func (w *world) sayPeople(a action) string {
	text := [...]string{"", "touch", "delete", "delete all pages", "delete the StockLedger", "cut the records of", "clear",
		"delete the namespace", "(with the namespace goes)", "(with the namespace goes the StockLedger)", "(the namespace is gone)",
		"make the namespace again", "annotate what is said by"}[a.a]
	switch a.a {
	case touchPage, deletePage, editRecords, editEmpty, vanishPage:
		text += " " + w.pageNames()[a.b]
	case annotate:
		text += fmt.Sprintf(" %s, a loss accepted %t", w.procs[a.b].name, a.c == 1)
	}
	return "people " + text
}

func (w *world) sayRequest(i, k int) string {
	return w.procs[i].name + ": " + sayEffect(w.procs[i].requests[k].effect)
}

func sayEffect(e journal.Effect) string {
	switch e := e.(type) {
	case journal.Put:
		return "put " + sayPage(&e.Page)
	case journal.Get:
		return "get " + e.Name
	case journal.Create:
		return "create " + e.Name
	case journal.NameLedger:
		return fmt.Sprintf("name %v in the StockLedger over version %d", e.Names, e.Version)
	default:
		return strings.TrimPrefix(fmt.Sprintf("%T", e), "journal.")
	}
}

func sayPage(p *journal.Page) string {
	if p.Emptied {
		return fmt.Sprintf("%s@%d, number %d, emptied", p.Name, p.Version, p.Number)
	}
	if p.Number == 0 {
		return fmt.Sprintf("%s@%d, blank", p.Name, p.Version)
	}
	var records []string
	for _, encoded := range p.Records {
		record, err := stock.Decode(encoded)
		if err != nil {
			records = append(records, "unreadable")
			continue
		}
		records = append(records, sayRecord(record))
	}
	if o := p.Header.Origin; o != nil {
		records = append(records, fmt.Sprintf("in place of %s (complete %t, named %t)", o.Replaces, o.Complete, o.Named))
	}
	text := fmt.Sprintf("%s@%d, number %d, head %d, by %s, %v", p.Name, p.Version, p.Number, p.Header.Head, strings.TrimRight(p.Header.Leader.Name, "-"), records)
	if p.Header.Next != nil {
		text += ", next " + p.Header.Next.Name
	}
	return text
}

func sayRecord(record stock.Record) string {
	switch r := record.(type) {
	case *stock.Reserved:
		return "reserved " + string(r.ID)
	case *stock.Refused:
		return "refused " + string(r.ID)
	case *stock.Cart:
		return fmt.Sprintf("cart %s is %d", r.ID, r.Phase)
	case *stock.Released:
		return "released " + string(r.Reservation)
	case *stock.Consumed:
		return "consumed " + string(r.Reservation)
	case *stock.ItemRecord:
		return fmt.Sprintf("item %s received %d sellable %d waits %t", r.UID, r.Received, r.Sellable, r.Waits)
	case *stock.ItemGone:
		return fmt.Sprintf("item %s gone at %d", r.UID, r.Version)
	case *stock.TotalRecord:
		return fmt.Sprintf("total %d", r.Consumed)
	default:
		return strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", record), "*stock."))
	}
}

// picture is what a world looks like, in a line.
func (w *world) picture() string {
	var parts []string
	for _, name := range w.pageNames() {
		parts = append(parts, sayPage(w.server.Pages[name]))
	}
	for i, p := range w.procs {
		parts = append(parts, fmt.Sprintf("%s %s turn %d", p.name, p.replica.log.Stage(), p.replica.log.Turn(w.now(i))))
	}
	return strings.Join(parts, " | ")
}
