package stock

// Kind numbers the kinds of records. A number is never given to another kind.
type Kind uint8

// The kinds of records.
const (
	KindTerm     Kind = 1
	KindItem     Kind = 2
	KindItemGone Kind = 3
	KindReserved Kind = 4
	KindRefused  Kind = 5
	KindReleased Kind = 6
	KindConsumed Kind = 7
	KindExtended Kind = 8
	KindOrdered  Kind = 9
	KindReader   Kind = 10
	KindShown    Kind = 11
	KindCart     Kind = 12
	KindTotal    Kind = 13
	KindFounded  Kind = 14
	KindRestore  Kind = 15
)

// Record is one statement of the journal. It states what it is about as a whole, or in
// absolute values, so that its meaning never depends on an earlier record: of what
// State does not know, a change changes nothing.
type Record interface {
	// Kind says which kind of record it is.
	Kind() Kind
}

// ID is an identifier that somebody else gave: any text. Encoded it takes 16 bytes
// where it is a UUID in canonical form: lower case.
type ID string

// Time is a moment in microseconds since 1970-01-01 UTC; 0 is none. Where a field says so
// (Policy.Retention, Policy.Grace, Reserve.Hold, MaxExtension) it is a duration in microseconds.
type Time int64

type (
	// Term says that a process begins to lead.
	Term struct {
		Leader string `cbor:"1,keyasint,omitempty"`
		At     Time   `cbor:"2,keyasint,omitempty"`
	}

	// ItemRecord states one StockItem as a whole.
	ItemRecord struct {
		Item
		At Time `cbor:"30,keyasint,omitempty"`
	}

	// ItemGone says that a StockItem was deleted. Version is that of the deletion, or of
	// the list that no longer had it.
	ItemGone struct {
		UID     ID     `cbor:"1,keyasint,omitzero"`
		Name    string `cbor:"2,keyasint,omitempty"`
		Version uint64 `cbor:"3,keyasint,omitempty"`
		At      Time   `cbor:"30,keyasint,omitempty"`
	}

	// Reserved is the outcome of a cart that got all of its lines.
	Reserved struct{ Reservation }

	// Refused is the outcome of a cart that could not be served.
	Refused struct {
		Reservation
		// Counts state how many carts each StockItem has refused by now.
		Counts []RefusedCount `cbor:"40,keyasint,omitempty"`
	}

	// Released says that units of a hold were given back: all that were left, if Phase
	// has ended, or a part.
	Released struct{ Change }

	// Consumed says that units of a hold were shipped, and what each total is by now.
	Consumed struct {
		Change
		Totals []Total `cbor:"40,keyasint,omitempty"`
	}

	// Extended says until when a hold lasts.
	Extended struct {
		Reservation ID   `cbor:"1,keyasint,omitzero"`
		Expires     Time `cbor:"2,keyasint,omitempty"`
		Actor       ID   `cbor:"3,keyasint,omitzero"`
		At          Time `cbor:"30,keyasint,omitempty"`
	}

	// Ordered names the order that a cart became, after it was decided.
	Ordered struct {
		Reservation ID   `cbor:"1,keyasint,omitzero"`
		Order       ID   `cbor:"2,keyasint,omitzero"`
		Actor       ID   `cbor:"3,keyasint,omitzero"`
		At          Time `cbor:"30,keyasint,omitempty"`
	}

	// ReaderRecord names somebody who reads the journal, such as an archive, and how far.
	ReaderRecord struct {
		Name string `cbor:"1,keyasint,omitempty"`
		// Position is opaque here. Empty: the reader is gone.
		Position string `cbor:"2,keyasint,omitempty"`
		At       Time   `cbor:"30,keyasint,omitempty"`
	}

	// Shown says which object shows a reservation, or that this object is gone.
	Shown struct {
		Reservation ID     `cbor:"1,keyasint,omitzero"`
		Object      Object `cbor:"2,keyasint,omitzero"`
		At          Time   `cbor:"30,keyasint,omitempty"`
	}

	// Cart restates a reservation as it stands, in the course of compaction.
	Cart struct{ Reservation }

	// TotalRecord restates the units ever consumed of a product at a location.
	TotalRecord struct {
		Total
		At Time `cbor:"30,keyasint,omitempty"`
	}

	// Founded ends the facts that begin a journal which replaces a damaged one.
	Founded struct {
		// Replaces is the identity of the damaged journal.
		Replaces string `cbor:"1,keyasint,omitempty"`
		At       Time   `cbor:"30,keyasint,omitempty"`
	}

	// RestoreRecord says how far the facts of another journal are taken in. Between
	// RestoreBegun and RestoreDone stand the facts, as Carts and TotalRecords.
	RestoreRecord struct {
		Stage RestoreStage `cbor:"1,keyasint,omitempty"`
		// Digest is that of the facts, From the uid of the journal that they are from; both are
		// empty where nothing was restored.
		Digest string `cbor:"2,keyasint,omitempty"`
		From   string `cbor:"3,keyasint,omitempty"`
		At     Time   `cbor:"30,keyasint,omitempty"`
	}
)

// Kind implements Record.
func (Term) Kind() Kind { return KindTerm }

// Kind implements Record.
func (ItemRecord) Kind() Kind { return KindItem }

// Kind implements Record.
func (ItemGone) Kind() Kind { return KindItemGone }

// Kind implements Record.
func (Reserved) Kind() Kind { return KindReserved }

// Kind implements Record.
func (Refused) Kind() Kind { return KindRefused }

// Kind implements Record.
func (Released) Kind() Kind { return KindReleased }

// Kind implements Record.
func (Consumed) Kind() Kind { return KindConsumed }

// Kind implements Record.
func (Extended) Kind() Kind { return KindExtended }

// Kind implements Record.
func (Ordered) Kind() Kind { return KindOrdered }

// Kind implements Record.
func (ReaderRecord) Kind() Kind { return KindReader }

// Kind implements Record.
func (Shown) Kind() Kind { return KindShown }

// Kind implements Record.
func (Cart) Kind() Kind { return KindCart }

// Kind implements Record.
func (TotalRecord) Kind() Kind { return KindTotal }

// Kind implements Record.
func (Founded) Kind() Kind { return KindFounded }

// Kind implements Record.
func (RestoreRecord) Kind() Kind { return KindRestore }
