package allocator

import (
	"strings"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
)

// config is one bounded world.
type config struct {
	name  string
	procs int
	// carts are what each cart asks for.
	carts []int64
	// settled says that the search begins with a journal that p0 leads and others follow;
	// pre are commands that are carried out before it begins.
	settled bool
	pre     []int
	// passed are the ticks that then pass; both says that p1 is elected, too, and going that
	// the namespace is being deleted when the search begins.
	passed      int
	both, going bool
	// harm is what people have done when the search begins; all processes have seen it but
	// those that are behind.
	harm   uint8
	behind []int
	// annotated says that a person has annotated what p0 says.
	annotated bool
	// single says that a repair restates one thing at a time.
	single bool
	// accept says that people accept losses.
	accept bool
	// commands are what clients and controllers ask for.
	commands []command
	// slow are the kinds of requests that arrive, and are answered, when the search says so.
	slow requestKinds
	// watches says that changes of pages come one by one.
	watches bool
	// fill and maxPage are sizes of a page, pad is how long the leaders' names are: terms
	// are what compaction drops.
	fill, maxPage, pad, spare int
	// cartPad is how long the text is that each cart carries.
	cartPad int
	policy  stock.Policy
	// skew is by how many ticks the clock of each process is wrong, fast by how many the
	// times of each cart's command are.
	skew, fast [4]int
	// poison is a text that no page may hold.
	poison string
	// restless says why nobody looks whether everything settles.
	restless string
	// fresh are the imprints of States of processes that have just started, by the digests
	// of all pages.
	fresh  map[string]fingerprint
	budget budget
	// reaches are the situations that the search has to reach.
	reaches []string
	bound   bound
}

// bound is how far a search goes, and how many states it reaches at least.
type bound struct{ depth, states int }

// budget is how often things may happen.
type budget struct {
	elections, depositions, lost, late, doubled, crashes, breaks uint8
	touches, deletions, ledgers, namespaces, edits, ticks        uint8
	annotations                                                  uint8
	// appends bounds the writes that land, prepared ones not counted.
	appends uint8
}

// requestKinds is a set of kinds of requests.
type requestKinds uint16

const (
	lists requestKinds = 1 << iota
	gets
	appends
	emptyings
	creates
	ledgerReads
	ledgerWrites
	namespaceReads
)

func kindOf(e journal.Effect) requestKinds {
	switch e := e.(type) {
	case journal.List:
		return lists
	case journal.Get:
		return gets
	case journal.Put:
		if e.Page.Emptied {
			return emptyings
		}
		return appends
	case journal.Create:
		return creates
	case journal.ReadLedger:
		return ledgerReads
	case journal.ReadNamespace:
		return namespaceReads
	default:
		return ledgerWrites
	}
}

func (c *config) quick(e journal.Effect) bool { return c.slow&kindOf(e) == 0 }

func (c *config) journal(name string) journal.Config {
	return journal.Config{
		Self: journal.Leader{Name: name + strings.Repeat("-", c.pad)}, Process: name, Fill: c.fill, MaxPage: c.maxPage,
		Spare: c.spare, WriteFormat: journal.Format, Pack: journaltest.Pack,
	}
}

// world is the state that the search begins with.
func (c *config) world() *world {
	w := &world{cfg: c, server: journaltest.NewServer(), asked: make([]uint8, len(c.commands))}
	w.procs, w.owned = make([]*process, c.procs), make([]bool, c.procs)
	w.left.appends = 255
	if c.poison != "" {
		w.server.Reject = poisoned(c.poison)
	}
	for i := range w.procs {
		w.start(i, 0)
	}
	if c.settled {
		w.elect(0)
		w.calm()
		for _, k := range c.pre {
			w.ask(k, 0)
			w.calm()
		}
	}
	w.clock += c.passed
	w.harm()
	if c.going {
		w.server.Namespace.Terminating = true
		w.server.DeleteLedger()
	}
	if c.both && !c.settled {
		w.elect(0)
	}
	if c.both {
		w.elect(1)
	}
	w.left = c.budget
	w.reached, w.truth.appends = nil, 0
	return w
}
