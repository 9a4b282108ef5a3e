package stock

import (
	"iter"
	"math"
	"strings"
)

// ItemFigures holds the figures of one StockItem, in units. A place in the journal is an
// allocator.Position.
type ItemFigures struct {
	// Serving is false for a duplicate and for one that waits, whose other figures are all 0
	// but Refused.
	Serving bool
	// HeldBack says that nothing is available, since what another journal knew is awaited.
	HeldBack bool
	// Waits says that the StockItem that served is gone and nobody has said that this one, or
	// another, takes over.
	Waits bool
	// ServingName is the StockItem that serves: instead of a duplicate, or itself. It is empty
	// where nobody does.
	ServingName string
	// OnHand is what was received and not shipped: 0 where more was shipped.
	OnHand    int64
	Reserved  int64
	Available int64
	Shortfall int64
	Consumed  int64
	// Refused counts carts.
	Refused int64
}

// Totals are sums over the namespace, in units except for Items. They stop at the largest
// number that there is. Of StockItems whose units nobody counts, nothing is on hand or available.
type Totals struct {
	// Items counts the StockItems that serve: duplicates and those that wait are left out.
	Items     int64
	OnHand    int64
	Reserved  int64
	Available int64
	Consumed  int64
	// WithoutItem are the reserved units whose StockItem is gone, and no other serves.
	WithoutItem int64
}

// Reservation returns the reservation of an ID. Nobody may change it.
func (s *State) Reservation(id ID) (*Reservation, bool) {
	c := s.find(id)
	if c == nil {
		return nil, false
	}
	return c.reservation(), true
}

// Lookup returns the reservation that a text names: by its ID, or else by the uid or the name of
// its object. Nobody may change it.
func (s *State) Lookup(text ID) (*Reservation, bool) {
	if r, ok := s.Reservation(text); ok {
		return r, true
	}
	id, ok := s.FindObject(text)
	if !ok {
		return nil, false
	}
	return s.Reservation(id)
}

// FindObject returns the ID of the reservation that an object shows: by the object's uid, or else
// by its name. Of several with one name it returns the youngest. It does not find an object whose
// uid, or name, is the reservation's own ID: ask Reservation first.
func (s *State) FindObject(text ID) (id ID, ok bool) {
	var best *Reservation
	for _, c := range s.objects[text] {
		r := c.reservation()
		if best == nil || finds(r, best, text) {
			best = r
		}
	}
	if best == nil {
		return "", false
	}
	return best.ID, true
}

// finds tells whether a reservation is meant by a text rather than another.
func finds(r, other *Reservation, text ID) bool {
	if byUID := r.Object.UID == text; byUID != (other.Object.UID == text) {
		return byUID
	}
	if r.Number != other.Number {
		return r.Number > other.Number
	}
	return r.ID > other.ID
}

// Level returns how many units of a product can be reserved and how many are, over all
// locations. known is false where nobody stocks or holds the product.
func (s *State) Level(product ID) (available, reserved int64, known bool) {
	for _, l := range s.products[product] {
		available = addUnits(available, l.shown(sellable))
		reserved = addUnits(reserved, l.reserved)
		known = known || len(l.items) > 0 || l.reserved != 0
	}
	return available, reserved, known
}

// LocationLevel is where some units of a product are. Available may be more than is on hand where
// nobody counts the units.
type LocationLevel struct {
	Location                    string
	OnHand, Reserved, Available int64
}

// Locations returns where a product is stocked or held, in the order in which units are taken.
func (s *State) Locations(product ID) []LocationLevel {
	var places []LocationLevel
	for _, l := range s.products[product] {
		if len(l.items) == 0 && l.reserved == 0 {
			continue
		}
		place := LocationLevel{Location: l.key.Location, Reserved: l.reserved, Available: l.shown(sellable)}
		if i := l.serving(); i != nil {
			place.OnHand = max(0, i.Received-l.consumed)
		}
		places = append(places, place)
	}
	return places
}

// Item returns a StockItem as it is known.
func (s *State) Item(uid ID) (Item, bool) {
	i, ok := s.items[uid]
	if !ok {
		return Item{}, false
	}
	return i.Item, true
}

// Items yields the StockItems that are known, in no order.
func (s *State) Items() iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for _, i := range s.items {
			if !yield(i.Item) {
				return
			}
		}
	}
}

// Figures returns where a StockItem stands; ok is false where it is not known.
func (s *State) Figures(uid ID) (position ItemFigures, ok bool) {
	i, ok := s.items[uid]
	if !ok {
		return ItemFigures{}, false
	}
	l := s.stocks[i.key()]
	switch serving := l.serving(); serving {
	case i:
	case nil:
		return ItemFigures{Waits: true, Refused: i.Refused}, true
	default:
		return ItemFigures{ServingName: serving.Name, Refused: i.Refused}, true
	}
	available := l.shown(offered)
	if s.HoldsBack() {
		available = 0
	}
	return ItemFigures{
		Serving:     true,
		HeldBack:    s.HoldsBack(),
		ServingName: i.Name,
		OnHand:      max(0, i.Received-l.consumed),
		Reserved:    l.reserved,
		Available:   available,
		Shortfall:   max(0, l.reserved-(i.Offered()-l.consumed)),
		Consumed:    l.consumed,
		Refused:     i.Refused,
	}, true
}

// ServingItem returns the StockItem that serves a key; ok is false where none does.
func (s *State) ServingItem(key Key) (serving Item, ok bool) {
	if l, known := s.stocks[key]; known {
		if i := l.serving(); i != nil {
			return i.Item, true
		}
	}
	return Item{}, false
}

// ItemNames returns the names of the StockItems that claim a key, in order of precedence.
func (s *State) ItemNames(key Key) []string {
	l, ok := s.stocks[key]
	if !ok {
		return nil
	}
	names := make([]string, 0, len(l.items))
	for _, i := range l.items {
		names = append(names, i.Name)
	}
	return names
}

// Totals returns the namespace's sums. Its cost grows with the number of products and
// locations.
func (s *State) Totals() Totals {
	var t Totals
	for _, l := range s.stocks {
		t.Reserved = addUnits(t.Reserved, l.reserved)
		t.Consumed = addUnits(t.Consumed, l.consumed)
		i := l.serving()
		if i == nil {
			t.WithoutItem = addUnits(t.WithoutItem, l.reserved)
			continue
		}
		t.Items++
		if i.Untracked {
			continue
		}
		t.OnHand = addUnits(t.OnHand, max(0, i.Received-l.consumed))
		if !s.HoldsBack() {
			t.Available = addUnits(t.Available, l.available(offered))
		}
	}
	return t
}

// Consumed returns the units ever shipped of a product from a location.
func (s *State) Consumed(key Key) int64 {
	if l, ok := s.stocks[key]; ok {
		return l.consumed
	}
	return 0
}

// Open yields the reservations that are held, in no order. Nobody may change them.
func (s *State) Open() iter.Seq[*Reservation] {
	return func(yield func(*Reservation) bool) {
		for c := range s.carts() {
			if c.open != nil && !c.open.Phase.Ended() && !yield(c.open.Reservation) {
				return
			}
		}
	}
}

// Reservations yields all that are remembered, in no order, and decodes those that have
// ended. Nobody may change them.
func (s *State) Reservations() iter.Seq[*Reservation] {
	return func(yield func(*Reservation) bool) {
		for c := range s.carts() {
			if !yield(c.reservation()) {
				return
			}
		}
	}
}

func (s *State) carts() iter.Seq[*cart] {
	return func(yield func(*cart) bool) {
		for _, c := range s.uuids {
			if !yield(c) {
				return
			}
		}
		for _, c := range s.texts {
			if !yield(c) {
				return
			}
		}
	}
}

// Remembered is how many reservations State knows.
func (s *State) Remembered() int { return len(s.uuids) + len(s.texts) }

// Reader returns how far a reader has read.
func (s *State) Reader(name string) (position string, ok bool) {
	r, ok := s.readers[name]
	if !ok {
		return "", false
	}
	return r.position, true
}

// Readers returns the readers whose names begin so, and how far they are, in no order.
func (s *State) Readers(prefix string) iter.Seq2[string, string] {
	return func(yield func(name, position string) bool) {
		for name, r := range s.readers {
			if strings.HasPrefix(name, prefix) && !yield(name, r.position) {
				return
			}
		}
	}
}

// Marks returns those of the newest write.
func (s *State) Marks() Marks { return s.marks }

// Head returns the number of the first page that counts.
func (s *State) Head() uint64 { return s.head }

// LogBytes returns how large the pages are that count: their records encoded, and what is
// stored of them.
func (s *State) LogBytes() (encoded, stored int64) { return s.encoded, s.stored }

// addUnits adds up to the largest number that there is.
func addUnits(a, b int64) int64 {
	if b > 0 && a > math.MaxInt64-b {
		return math.MaxInt64
	}
	if b < 0 && a < math.MinInt64-b {
		return math.MinInt64
	}
	return a + b
}

// Balance is what is at one location of a product, in units.
type Balance struct {
	// Received is what was ever taken in, as the StockItem that serves says: 0 where none does.
	Received int64
	// Reserved is what reservations hold, Consumed what was ever shipped.
	Reserved, Consumed int64
	// Available is what can be reserved now.
	Available int64
	// Item is the uid of the StockItem that serves; empty where none does.
	Item ID
}

// Balance returns what is at a location: the zero value where nothing is known of it.
func (s *State) Balance(key Key) Balance {
	l, ok := s.stocks[key]
	if !ok {
		return Balance{}
	}
	b := Balance{Reserved: l.reserved, Consumed: l.consumed, Available: l.shown(sellable)}
	if i := l.serving(); i != nil {
		b.Received, b.Item = i.Received, i.UID
	}
	return b
}

// Keys yields the locations of products of which anything is known, in no order.
func (s *State) Keys() iter.Seq[Key] {
	return func(yield func(Key) bool) {
		for key := range s.stocks {
			if !yield(key) {
				return
			}
		}
	}
}

// Shipped yields the units ever shipped, of each place from which any were, in no order.
func (s *State) Shipped() iter.Seq[Total] {
	return func(yield func(Total) bool) {
		for key, l := range s.stocks {
			if l.consumed > 0 && !yield(Total{Product: key.Product, Location: key.Location, Consumed: l.consumed}) {
				return
			}
		}
	}
}
