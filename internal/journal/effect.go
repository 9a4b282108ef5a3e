package journal

import (
	"encoding/json"
	"time"
)

// Effect is something that Step wants done, or a notice for whoever keeps the records.
// Effects of one step may be performed in any order and concurrently; notices are to be
// taken in their order. Call comes back with the answer.
type Effect interface{ effect() }

type (
	// List ends the watch, reads all pages at one version and then watches from it.
	List struct {
		Call  uint64
		Delay time.Duration
	}

	// Get reads one page past all caches.
	Get struct {
		Call  uint64
		Name  string
		Delay time.Duration
	}

	// Put replaces the page with this uid if it is still at Version: never a patch, never
	// repeated over another version.
	Put struct {
		Call  uint64
		Page  Page
		Delay time.Duration
	}

	// Create makes a blank page.
	Create struct {
		Call  uint64
		Name  string
		Delay time.Duration
	}

	// ReadNamespace reads the Namespace past all caches.
	ReadNamespace struct {
		Call  uint64
		Delay time.Duration
	}

	// ReadLedger reads the StockLedger past all caches.
	ReadLedger struct {
		Call  uint64
		Delay time.Duration
	}

	// CreateLedger makes the StockLedger, naming nobody, then reads it.
	CreateLedger struct{ Call uint64 }

	// NameLedger writes the journal's identity into the StockLedger if that is still at
	// Version, then reads it.
	NameLedger struct {
		Call    uint64
		Version uint64
		Names   Identity
	}

	// Wake asks for a Woken.
	Wake struct {
		Call  uint64
		After time.Duration
	}
)

type (
	// Reset says that nothing that was applied counts any more.
	Reset struct{}

	// Applied is what the journal says next: records that follow what was applied before,
	// and the header that came with them.
	Applied struct {
		Page    uint64
		Head    uint64
		Marks   json.RawMessage
		Records [][]byte
		// Stored is the size of the page's blob.
		Stored int64
		// Position is that after the records.
		Position Position
		// Earlier is how many records the journal has had before this page, and Before its
		// digest there. First is the index on the page of the first of Records.
		Earlier uint64
		Before  string
		First   int
	}

	// Landed says that the batch that was appended last is stored. It was applied.
	Landed struct{}

	// Proved says that the journal had nothing new after Prove was called.
	Proved struct{}

	// Abandoned says that it is not known whether the batch that was appended last has
	// landed, and that this process leads no more. What it asked for has to be asked again.
	Abandoned struct{}

	// Refused says that the batch cannot be stored: it has to be a smaller or another one.
	// It still leads.
	Refused struct{ Err error }
)

func (List) effect()          {}
func (Get) effect()           {}
func (Put) effect()           {}
func (Create) effect()        {}
func (ReadNamespace) effect() {}
func (ReadLedger) effect()    {}
func (CreateLedger) effect()  {}
func (NameLedger) effect()    {}
func (Wake) effect()          {}
func (Reset) effect()         {}
func (Applied) effect()       {}
func (Landed) effect()        {}
func (Proved) effect()        {}
func (Abandoned) effect()     {}
func (Refused) effect()       {}
