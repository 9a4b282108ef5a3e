package stock

// Request is something that somebody wants decided. Requests are decided in the order
// in which they came.
type Request interface{ request() }

type (
	// Reserve asks for a cart. Of Wanted, the fields that the outcome fills (Phase,
	// Number, Allocations, Short, At, Expires, FirstExpires, Ended, Reason, LaterOrder,
	// ReplacedBy) are ignored. Wanted.Replaces names a hold of the same cart: it ends if this
	// one is granted, which may take its units, and stays as it is if not. OneHold means the
	// youngest other hold of the cart instead, if there is one of which nothing was shipped and
	// that belongs to no other order. Hold is how long the units are held, in microseconds: up to a
	// whole second, and without end where it is not above 0. Verified says that the cart's object, older than
	// what was forgotten, was read past the caches after this process began to lead.
	Reserve struct {
		Wanted   Reservation
		Hold     Time
		OneHold  bool
		Verified bool
	}

	// Release gives units of a hold back: those of Parts, or all that are left. Exact
	// refuses Parts that ask for more than can be given back, instead of giving back what
	// there is.
	Release struct {
		Reservation ID
		Parts       []Part
		Exact       bool
		Reason      string
		Actor       ID
	}

	// Consume ships units of a hold: those of Parts, or all that are left. Exact is as for
	// Release. What a part takes from its place beyond the units held there comes from those
	// that are free at it, and as many that are held elsewhere go back on sale.
	Consume struct {
		Reservation ID
		Parts       []Part
		Exact       bool
		Actor       ID
	}

	// Extend lets a hold last longer.
	Extend struct {
		Reservation ID
		Expires     Time
		Actor       ID
	}

	// Attach names the order that a cart became: once.
	Attach struct {
		Reservation ID
		Order       ID
		Actor       ID
	}

	// Expire ends a hold whose time is over. Whoever asks has read its object past the
	// caches after Expires, the end that the hold had then, and found no wish to consume it,
	// or knows there is none.
	Expire struct {
		Reservation ID
		Expires     Time
	}

	// PutItem takes in a StockItem as its spec stands. Sellable, Refused and Waits are ignored.
	// Where State knows something of its product and location already, all that it declares
	// is sold from once ShowItem says so; where it knows nothing, at once. Read is the version
	// of the store, or of the list, that shows the item; the Item's own where that is newer.
	PutItem struct {
		Item Item
		Read uint64
	}

	// ShowItem says that the StockItem's status was seen to show this generation, and that it
	// serves.
	ShowItem struct {
		UID        ID
		Generation int64
	}

	// DropItem says that a StockItem was deleted. Read is as for PutItem. Later may have had
	// some of the others of its place begin to wait already.
	DropItem struct {
		UID     ID
		Version uint64
		Read    uint64
	}

	// Show says which object shows a reservation, or that it is gone.
	Show struct {
		Reservation ID
		Object      Object
	}

	// Register notes how far a reader has read; an empty Position takes it off.
	Register struct {
		Name     string
		Position string
	}

	// Publish says that every outcome up to Number was delivered.
	Publish struct{ Number uint64 }

	// Restore takes in what another journal knew: all of it, in one batch or in several, before
	// anything else is decided about carts. Digest is that of the facts: the same ones are taken in
	// once. Totals and Carts are each named once. Of the Carts those with a Number have an
	// outcome that was not delivered: it gets a number here. Forgotten is as in Marks.
	Restore struct {
		Digest, From string
		Forgotten    Time
		Totals       []Total
		Carts        []Reservation
	}

	// WaiveRestore says that a restore is no longer awaited. Whoever asks has read, past the caches
	// and in this term, that the Namespace does not ask for one any more.
	WaiveRestore struct{}
)

func (Reserve) request()  {}
func (Release) request()  {}
func (Consume) request()  {}
func (Extend) request()   {}
func (Attach) request()   {}
func (Expire) request()   {}
func (PutItem) request()  {}
func (ShowItem) request() {}
func (DropItem) request() {}
func (Show) request()     {}
func (Register) request() {}
func (Publish) request()  {}

func (Restore) request()      {}
func (WaiveRestore) request() {}

// Part is a running total of units of one product: how many were released (or consumed)
// in all, once the request is carried out. Without a Location it is the sum over all
// places. Stating the same total twice changes nothing; more than there is counts as all.
type Part struct {
	Product  ID
	Location string
	Quantity int64
}

// Verdict is what became of a request.
type Verdict uint8

// The verdicts.
const (
	// Done: it was carried out. For a Reserve, Answer.Reservation is its outcome.
	Done Verdict = iota + 1
	// Repeated: it had been carried out before, or changes nothing. The answer is as then.
	Repeated
	// Waiting: it cannot be decided yet; ask again when State has changed. A cart waits for
	// units that a StockItem declares and does not show yet.
	Waiting
	// Later: this batch has no room left for it. Ask again for the next one.
	Later
	// Full: the journal has reached its bound and nothing in it may be forgotten.
	Full
	// TooLarge: the request does not fit a batch of its own, or what it leads to would not
	// one day; or a line asks for less than 1 unit or more than MaxQuantity, or there is none.
	TooLarge
	// TooOld: the command is not newer than what was forgotten. It may have been decided.
	TooOld
	// Conflicting: the id was used for another command; or an order is named already, or
	// the reservation has ended otherwise, or has an object of which nobody said that it is
	// gone.
	Conflicting
	// Unknown: there is no such reservation or item.
	Unknown
	// Unverified: the object may be one that was forgotten, or the StockItem one that was
	// deleted since; read it past the caches and ask again with Verified, or a later Read.
	Unverified
	// Premature: an Expire before its time, or of an end that is no longer the hold's.
	Premature
	// TooMany: a Release or Consume with Exact asks for more units than there are. Nothing
	// was done.
	TooMany
	// Contradicting: a Release or Consume by place would raise the total of a product, while it
	// says less of another of its places than is known: a total without a place was stated
	// before. Nothing was done.
	Contradicting
	// Irreplaceable: the hold that a Reserve names in Replaces is another cart's, or has ended:
	// Answer.Reservation is that one, nil where it is unknown. Nothing was done.
	Irreplaceable
	// NotThere: a Consume names a place that has fewer units free than it takes there beyond
	// those held at that place. Nothing was done.
	NotThere
	// Differing: the facts of a Restore contradict what is known, as Answer.Differences says.
	// Nothing was done.
	Differing
	// Outdated: what the request says was read before the process that is to decide it began
	// to lead; read it again and ask again. Decide itself never says so.
	Outdated
)

// Answer is what a request gets.
type Answer struct {
	Verdict Verdict
	// Reservation is the one that the request was about, as it stands once the batch has
	// landed; nil where there is none. It is shared: nobody may change it.
	Reservation *Reservation
	// Differences say why a Restore is Differing, MaxDifferences of them at most.
	Differences []string
}
