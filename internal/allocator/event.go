package allocator

import (
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// Event is something that happened, as told to Step.
type Event interface{ event() }

type (
	// Journal passes on an event of the journal.
	Journal struct{ Event journal.Event }

	// Asked is a request by somebody who waits. Call is never used twice; 0 is for
	// requests whose answer nobody waits for.
	Asked struct {
		Call    uint64
		Request stock.Request
	}

	// Dropped says that nobody waits for this call any more. It may be carried out.
	Dropped struct{ Call uint64 }

	// Stocked says that State has taken in all StockItems as they are in this term. Until
	// then carts wait: a refusal for want of an item that is merely not read yet would
	// stay.
	Stocked struct{ Term uint64 }

	// Woken answers Wake.
	Woken struct{}
)

func (Journal) event() {}
func (Asked) event()   {}
func (Dropped) event() {}
func (Stocked) event() {}
func (Woken) event()   {}

// Effect is something that Step wants done.
type Effect interface{ effect() }

type (
	// Perform passes on an effect of the journal: never one of its notices.
	Perform struct{ Effect journal.Effect }

	// Answered answers Asked. It may be told.
	Answered struct {
		Call   uint64
		Answer stock.Answer
	}

	// Unwritable answers Asked: what it asks for cannot be stored, though other things can.
	Unwritable struct {
		Call uint64
		Err  error
	}

	// Ended answers Asked: this process is not elected, so another one answers. What is asked
	// for may have been carried out.
	Ended struct{ Call uint64 }

	// Wake asks for a Woken.
	Wake struct{ After time.Duration }
)

func (Perform) effect()    {}
func (Answered) effect()   {}
func (Unwritable) effect() {}
func (Ended) effect()      {}
func (Wake) effect()       {}
