package project

import (
	"time"

	"github.com/google/uuid"

	"github.com/acme/inventory-service/internal/stock"
)

// Place is a record's: its page, and its index there from 0.
type Place struct {
	Page   uint64
	Record int
}

// Reservation is a cart as it stands. A refused one is Phase PhaseRefused.
type Reservation struct {
	*stock.Reservation
	Place
	// New says that its outcome is among what was taken in.
	New bool
	// ReleasedAt and ConsumedAt are when units of it were given back or shipped last, as far as
	// that is among what was taken in; else 0.
	ReleasedAt, ConsumedAt stock.Time
}

// Amendment is what is new of a cart that has ended, and of which nothing else is known here.
type Amendment struct {
	Place
	ID     stock.ID
	Order  stock.ID
	Object stock.Object
}

// Item is a StockItem as it stands; DeletedAt is 0 while it is there.
type Item struct {
	stock.Item
	DeletedAt stock.Time
}

// Location is what is at one location of a product.
type Location struct {
	stock.Key
	stock.Balance
	At stock.Time
}

// Product is the published row of stock.
type Product struct {
	ID                  stock.ID
	Available, Reserved int64
	At                  stock.Time
}

// The kinds of movements.
const (
	Received = "RECEIVED"
	Reserved = "RESERVED"
	Released = "RELEASED"
	Consumed = "CONSUMED"
	Restated = "RESTATED"
)

// Movement is the change of the balances at one location by one record.
type Movement struct {
	stock.Key
	Place
	Kind                         string
	At                           stock.Time
	Received, Reserved, Consumed int64
	Reservation                  stock.ID
}

// Delivered is an outcome whose event was delivered.
type Delivered struct {
	Event       string
	Reservation stock.ID
	Decided, At stock.Time
}

// Rows are what changes in the database.
type Rows struct {
	Reservations []Reservation
	Amendments   []Amendment
	Items        []Item
	Locations    []Location
	Products     []Product
	Movements    []Movement
	Delivered    []Delivered
	// Records is how many records were taken in.
	Records int
}

// Time is a moment for a database: nil for none.
func Time(t stock.Time) *time.Time {
	if t == 0 {
		return nil
	}
	at := time.UnixMicro(int64(t)).UTC()
	return &at
}

// idSpace is what UUIDs are made in for ids that are none.
var idSpace = uuid.MustParse("6f2c53a0-3d1e-5d6f-9a57-0f6e7f1d5f11")

// UUID is what stands for an id in the database; made says that the id is no UUID in canonical
// form, so that its text has to be kept beside.
func UUID(id stock.ID) (u uuid.UUID, made bool) {
	u, err := uuid.Parse(string(id))
	if err == nil && u.String() == string(id) {
		return u, false
	}
	return uuid.NewSHA1(idSpace, []byte(id)), true
}
