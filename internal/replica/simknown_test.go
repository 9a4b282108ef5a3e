package replica_test

import (
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// What the production steps are known not to do yet. Each bound keeps the simulation from
// stopping there; whoever mends a step takes its bound away.
const (
	// knownParked: a cart that waits for a StockItem to be shown is decided again only when
	// another request about a StockItem comes, not when the record lands.
	knownParked = true
	// knownResume: a process that lists after a gap, and finds no record that it does not
	// have, goes on with the marks and the head that it had, though a write without records
	// may have changed them. Its next write turns them back.
	knownResume = true
	// knownLeft: a request whose caller leaves while it is part of an append stays in the
	// queue when that append is abandoned. It is decided when this process leads again,
	// however much later: also if it had landed and was forgotten meanwhile.
	knownLeft = true
)

// nudge asks something about no StockItem, so that what is parked is decided again.
func (p *process) nudge() {
	if knownParked && p.replica.Waiting() > 0 {
		p.duty("nudge", &wish{request: stock.ShowItem{UID: "nothing"}})
	}
}

// resumesBehind tells whether a list would bring a process nothing but a header that it
// does not take in.
func (p *process) resumesBehind(e journal.Event) bool {
	l, ok := e.(journal.Listed)
	if !ok || l.Err != nil || !knownResume {
		return false
	}
	at := p.replica.Log().Position()
	for i := range l.Pages {
		page := &l.Pages[i]
		if page.Written() && page.Number == at.Page && len(page.Records) == at.Index {
			marks, err := stock.ParseMarks(page.Header.Marks)
			return err == nil && (marks != p.stock().Marks() || page.Header.Head != p.stock().Head())
		}
	}
	return false
}
