package journal

import "encoding/json"

// Event is something that happened, as told to Log.Step.
type Event interface{ event() }

type (
	// Elected says that this process should lead. Safety does not depend on it: it keeps
	// processes out of each other's way.
	Elected struct{}

	// Deposed says that this process should no longer lead.
	Deposed struct{}

	// Listed answers List: all pages there were at one version. Err is nil or says why
	// there is no list.
	Listed struct {
		Call    uint64
		Version uint64
		Pages   []Page
		Err     error
	}

	// Watched is a change of a page, from the watch that began with the list of this call.
	Watched struct {
		Call    uint64
		Page    Page
		Deleted bool
	}

	// WatchEnded says that changes may have been missed since.
	WatchEnded struct{ Call uint64 }

	// Got answers Get. Page is nil where there is none.
	Got struct {
		Call uint64
		Page *Page
		Err  error
	}

	// Wrote answers Put. Page is as stored where Result is Stored.
	Wrote struct {
		Call   uint64
		Result Result
		Page   *Page
		Err    error
	}

	// Created answers Create: the page as stored, or nil. Err says why nothing could be made;
	// it is nil where there was a page of that name.
	Created struct {
		Call uint64
		Page *Page
		Err  error
	}

	// NamespaceRead answers ReadNamespace.
	NamespaceRead struct {
		Call        uint64
		UID         string
		Terminating bool
		// AwaitsRestore says that a person asks that a journal be founded to take in what another
		// one knew, before anything is decided.
		AwaitsRestore bool
		Err           error
	}

	// LedgerSeen is a change of the StockLedger, from a watch: the identity that it names.
	LedgerSeen struct{ Names Identity }

	// LedgerRead answers ReadLedger, CreateLedger and NameLedger: the StockLedger as it is
	// stored, past all caches. Found is false where there is none.
	LedgerRead struct {
		Call    uint64
		Found   bool
		Version uint64
		Names   Identity
		Err     error
	}

	// RepairAsked says what the annotation of the StockLedger asks for; the zero value that
	// it asks for nothing. Every process is told, elected or not, and may be told before it
	// has noticed any damage.
	RepairAsked struct{ Repair Repair }

	// Woken answers Wake.
	Woken struct{ Call uint64 }
)

// Result is what became of a write, as far as its sender knows.
type Result int

// The results of a write.
const (
	// Unknown: no answer, or one that proves nothing.
	Unknown Result = iota
	// Stored: it landed.
	Stored
	// Conflicted: the page has another version. An earlier sending of this very write may
	// be what made it.
	Conflicted
	// Rejected: these bytes will never be taken (400, 413, 422).
	Rejected
	// OtherHistory: the server's own check says that the page's token is not the one
	// that this write replaces.
	OtherHistory
	// Denied: no write is taken now (403, a quota, no space). Log handles Unknown, Conflicted and
	// Denied alike, by a read of the page; messages, metrics and IsRefusal tell them apart.
	Denied
)

func (Elected) event()       {}
func (Deposed) event()       {}
func (Listed) event()        {}
func (Watched) event()       {}
func (WatchEnded) event()    {}
func (Got) event()           {}
func (Wrote) event()         {}
func (Created) event()       {}
func (NamespaceRead) event() {}
func (LedgerSeen) event()    {}
func (LedgerRead) event()    {}
func (RepairAsked) event()   {}
func (Woken) event()         {}

// Batch is what a caller wants appended in one write.
type Batch struct {
	Records [][]byte
	// Format is the oldest format that can say what the records say. The page is written in
	// that one, or a newer one: Config.WriteFormat, or what the page has by now.
	Format int
	Marks  json.RawMessage
	Head   uint64
	// Complete says that nothing is left to be restated. It counts in a repair alone, as Head
	// does not count there.
	Complete bool
}
