package stock

// Item is what one StockItem offers, in units.
type Item struct {
	UID      ID     `cbor:"1,keyasint,omitzero"`
	Name     string `cbor:"2,keyasint,omitempty"`
	Product  ID     `cbor:"3,keyasint,omitzero"`
	Location string `cbor:"4,keyasint,omitempty"`
	// Created decides, before UID, which of two items of one product and location serves. It is
	// moved by a microsecond where an item of the same second serves already (see precedenceOf).
	Created Time `cbor:"5,keyasint,omitempty"`
	// Generation and Version are those of the object that says so.
	Generation int64  `cbor:"6,keyasint,omitempty"`
	Version    uint64 `cbor:"7,keyasint,omitempty"`
	// Received is what the spec says was taken in. Sellable is how much of it may be
	// sold against: less than Received between a raise of the spec and the moment in
	// which the StockItem's status shows its generation, since promises are measured by
	// what is shown.
	Received    int64 `cbor:"8,keyasint,omitempty"`
	Sellable    int64 `cbor:"9,keyasint,omitempty"`
	SafetyStock int64 `cbor:"10,keyasint,omitempty"`
	LowStock    int64 `cbor:"11,keyasint,omitempty"`
	Priority    int32 `cbor:"12,keyasint,omitempty"`
	Suspended   bool  `cbor:"13,keyasint,omitempty"`
	// Refused counts the carts that were refused for want of this item's units since it
	// began to serve.
	Refused int64 `cbor:"14,keyasint,omitempty"`
	// TakesOver is its owner's word that it is to serve once the item that serves its place
	// is gone.
	TakesOver bool `cbor:"15,keyasint,omitempty"`
	// Waits says that the item that served its place is gone, and nobody has said since that
	// this one takes over: it serves nothing.
	Waits bool `cbor:"16,keyasint,omitempty"`
	// Untracked says that nobody counts the units: as many as are asked for can be had.
	Untracked bool `cbor:"17,keyasint,omitempty"`
}

// UntrackedUnits is how many units are told to be available where nobody counts them: as many
// as a cart can ask for over the API.
const UntrackedUnits = 1_000_000_000

// Offered is the number of units that the spec offers, shipped ones included.
func (i Item) Offered() int64 {
	if i.Untracked {
		return maxStock
	}
	return i.Received
}

// restates tells whether an item says nothing that is not known of it. A generation says the
// same for ever, but for the annotation; and but for a field that an earlier version, which took
// that generation in, did not know.
func (i Item) restates(known Item) bool {
	return i.Generation == known.Generation && i.TakesOver == known.TakesOver && i.Untracked == known.Untracked
}

// Key names the units of one product at one location.
type Key struct {
	Product  ID
	Location string
}

// Total is how many units of a product were ever shipped from a location. It belongs
// to the two, not to a StockItem: a StockItem that is made again finds it.
type Total struct {
	Product  ID     `cbor:"1,keyasint,omitzero"`
	Location string `cbor:"2,keyasint,omitempty"`
	Consumed int64  `cbor:"3,keyasint,omitempty"`
}

// RefusedCount is how many carts a StockItem has refused by now.
type RefusedCount struct {
	Item    ID    `cbor:"1,keyasint,omitzero"`
	Refused int64 `cbor:"2,keyasint,omitempty"`
}
