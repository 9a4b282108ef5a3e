package stock

// Request is something that somebody wants decided. Requests are decided in the order
// in which they came.
type Request interface{ request() }

type (
	// Reserve asks for a cart. Decide ignores the fields of Wanted that the outcome fills: Phase,
	// Number, Allocations, Short, At, Expires, FirstExpires, Ended, Reason, LaterOrder,
	// ReplacedBy, ReleasedBy and ConsumedBy.
	//
	// Wanted.Replaces names a hold of the same cart. If this cart is reserved, it may take that
	// hold's units, and the hold ends; if it is refused, the hold stays. Without Wanted.Replaces,
	// OneHold replaces the youngest hold of the cart of which nothing was shipped and that
	// belongs to no other order, if there is one; it needs Policy.Index.Carts.
	//
	// Hold is how long the units are held, in microseconds. The expiry is rounded up to a whole
	// second; 0 or less holds without end. Verified says that the cart's object was read past the
	// caches after this process began to lead (see Unverified).
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

	// PutItem takes in a StockItem as its spec stands. Decide ignores Item.Sellable, Refused and
	// Waits. Units that a known item adds are sold once ShowItem says so. The units of a new item
	// are sold at once if State knows nothing of its product and location, otherwise once
	// ShowItem says so. Read is the version of the store, or of the list, that has the item;
	// Item.Version counts if it is newer.
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

	// DropItem says that a StockItem was deleted. Version is that of the deletion, or of the list
	// that no longer has it; Read is as for PutItem. When the answer is Later, some duplicates may
	// already have begun to wait (Item.Waits): ask again.
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

// Answer is what a request gets.
type Answer struct {
	Verdict Verdict
	// Reservation is the one that the request was about, as it stands once the batch has
	// landed; nil where there is none. It is shared: nobody may change it.
	Reservation *Reservation
	// Differences say why a Restore is Differing, MaxDifferences of them at most.
	Differences []string
}
