package linear

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// Kind is what an operation is.
type Kind string

// The operations. The seeing ones are recorded along with what they see the end
// of: an answer tells first that a command was taken and then what became of it,
// and others may look in between.
const (
	Reserve    Kind = "reserve"
	Release    Kind = "release"
	Consume    Kind = "consume"
	Ship       Kind = "ship" // consume in part
	Look       Kind = "look"
	Level      Kind = "level"
	Rest       Kind = "rest" // the level when nothing is under way
	seeOutcome Kind = "see outcome"
	seeEnd     Kind = "see end"
	seeShipped Kind = "see shipped"
	seeNoStock Kind = "see that nothing is reserved"
)

// Input is what a client asked for.
type Input struct {
	Kind Kind
	// Cart is the number of the cart that it is about, from AddCart.
	Cart int
	// Product is the number of the product that Level and Rest are about.
	Product int
	// Totals are the units of Ship by product.
	Totals Units
	// Called and Answered are when, in nanoseconds from the beginning.
	Called, Answered int64
}

// Answer is the kind of thing a client was told.
type Answer string

// The answers.
const (
	// Unknown is none, or one that says nothing final.
	Unknown Answer = "no answer"
	Done    Answer = "done"
	// Unavailable refuses a cart, Withdrawn one that was released before it was
	// decided.
	Unavailable Answer = "unavailable"
	Withdrawn   Answer = "withdrawn"
	// NotReserved refuses a consume, Consumed a release, TooMany a partial consume.
	NotReserved Answer = "not reserved"
	Consumed    Answer = "consumed"
	TooMany     Answer = "more than reserved"
	Missing     Answer = "not found"
)

// Units are numbers of units by product.
type Units [MaxProducts]int8

// MaxProducts is how many products a History may have.
const MaxProducts = 3

// Output is what a client was told.
type Output struct {
	Answer Answer
	// Phase and Intent are those of the Reservation, where they were told.
	Phase, Intent string
	// Shipped are the units that Look shows as consumed.
	Shipped Units
	// Short are the units that a refusal says were available; -1 where the cart's
	// line was not short.
	Short Units
	// Decided is when a cart was decided by what the service says, 0 if it does not.
	// It is a hint where to look for an order, and proves nothing.
	Decided int64
	// Available and Reserved are told by Level and Rest.
	Available, Reserved int64
}

// Cart is what one Reservation is about.
type Cart struct {
	Units Units
	// Expires is the earliest moment at which the hold may run out.
	Expires int64
	// ended is when somebody was first told that the hold has ended.
	ended int64
}

// History is what concurrent clients were told of some products that nobody else
// asks for. Its methods may be called by all of them at once.
type History struct {
	// Stock are the units received by product.
	Stock Units
	// Products is how many of them there are.
	Products int
	// Lag is how long units that were given back may stay unsold.
	Lag time.Duration

	mu         sync.Mutex
	began      time.Time
	carts      []Cart
	operations []porcupine.Operation
}

// NewHistory begins a history over products with so many units.
func NewHistory(stock ...int8) *History {
	h := &History{Products: len(stock), began: time.Now()}
	copy(h.Stock[:], stock)
	return h
}

// Now is the time since the history began.
func (h *History) Now() int64 { return int64(time.Since(h.began)) }

// Since is a moment on the clock of the history.
func (h *History) Since(t time.Time) int64 { return int64(t.Sub(h.began)) }

// AddCart adds a cart that will hold its units for at least holdFor after now.
func (h *History) AddCart(units Units, holdFor time.Duration) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.carts = append(h.carts, Cart{Units: units, Expires: h.Now() + int64(holdFor), ended: math.MaxInt64})
	return len(h.carts) - 1
}

// Add records an operation that was called at one moment and answered at another.
func (h *History) Add(client int, in Input, out Output) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if out.Answer == Unknown {
		in.Answered = math.MaxInt64
	}
	h.add(client, in, out)
	if kind := sees(in, out); kind != "" {
		in.Kind = kind
		h.add(client, in, out)
	}
	if ended(out.Phase) && (in.Kind == Look || in.Kind == seeEnd) {
		h.carts[in.Cart].ended = min(h.carts[in.Cart].ended, in.Answered)
	}
}

func (h *History) add(client int, in Input, out Output) {
	h.operations = append(h.operations, porcupine.Operation{
		ClientId: client, Input: in, Call: in.Called, Output: out, Return: in.Answered,
	})
}

// sees is what an answer says to have happened besides the command being taken.
func sees(in Input, out Output) Kind {
	switch {
	case in.Kind == Reserve && (out.Answer == Done || out.Answer == Withdrawn || out.Answer == Unavailable):
		return seeOutcome
	case in.Kind == Ship && out.Answer == Done:
		return seeShipped
	case (in.Kind == Release || in.Kind == Consume) && out.Answer == Done:
		return seeEnd
	case in.Kind == Consume && out.Answer == NotReserved:
		return seeNoStock
	default:
		return ""
	}
}

func ended(phase string) bool { return phase == "Released" || phase == "Consumed" }

// Operations is how many operations clients made, and how many of them have no
// answer.
func (h *History) Operations() (all, unknown int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range h.operations {
		if in := o.Input.(Input); slices.Contains([]Kind{seeOutcome, seeEnd, seeShipped, seeNoStock}, in.Kind) {
			continue
		}
		all++
		if o.Output.(Output).Answer == Unknown {
			unknown++
		}
	}
	return all, unknown
}
