package stock

import "slices"

// tinyBatch is a policy's Batch in which a cart that is split over places may find no room.
const tinyBatch = 900

// oracle is a naive memory of all that was ever answered. It shares no accounting with the
// package: it adds up what answers say.
type oracle struct {
	w       *walk
	asked   []Reserve
	decided int
	// carts is each reservation as the last answer showed it, for ever.
	carts    map[ID]Reservation
	items    map[ID]*oracleItem
	consumed map[Key]int64
	shipped  map[ID]map[Key]int64
}

// oracleItem is what a StockItem's specs said, and which of them was seen in its status.
type oracleItem struct {
	Item
	// limit is the least that was declared since the last generation that was shown.
	limit int64
	// silent says that nobody has said yet that it takes over from one that is gone.
	silent bool
}

func newOracle(w *walk) *oracle {
	return &oracle{
		w: w, carts: map[ID]Reservation{}, items: map[ID]*oracleItem{}, consumed: map[Key]int64{},
		shipped: map[ID]map[Key]int64{},
	}
}

// batch looks at what became of a batch. known are the reservations before it, and passed how far
// their ends were told.
func (o *oracle) batch(requests []Request, b Batch, known []*Reservation, passed Time) {
	later := false
	for i, request := range requests {
		a := b.Answers[i]
		if a.Verdict == 0 {
			o.w.t.Fatalf("%T has no answer", request)
		}
		if later && a.Verdict != Later {
			o.w.t.Fatalf("%T overtakes what waits", request)
		}
		later = a.Verdict == Later
		o.answer(request, a)
	}
	for _, r := range known {
		if _, ok := o.w.s.Reservation(r.ID); !ok {
			o.w.seen["forgotten"]++
			o.forgotten(b, o.carts[r.ID], passed)
		}
	}
	o.figures()
}

func (o *oracle) answer(request Request, a Answer) {
	switch r := request.(type) {
	case Reserve:
		o.reserve(r, a)
	case PutItem:
		if a.Verdict == Done {
			o.putItem(r.Item)
		}
	case ShowItem:
		if i := o.items[r.UID]; i != nil && a.Verdict == Done {
			if r.Generation < i.Generation {
				o.w.t.Fatalf("a raise is sold before it is shown")
			}
			if o.serving(i.key()) != i {
				o.w.t.Fatalf("item %s is raised and does not serve", i.UID)
			}
			i.limit = i.Offered()
		}
	case DropItem:
		if a.Verdict == Done {
			o.dropItem(r.UID)
		}
	case Publish, Register, ReadPages, LeavePages:
	default:
		if a.Verdict == Done {
			o.change(a.Reservation)
		}
	}
}

// reserve checks that a cart is decided once, gets all or nothing, and nothing that is
// not there.
func (o *oracle) reserve(r Reserve, a Answer) {
	first, decided := o.carts[r.Wanted.ID]
	// An Irreplaceable answer is about the hold that cannot be replaced.
	if a.Reservation != nil && decided && a.Verdict != Done && a.Verdict != Irreplaceable && a.Reservation.Number != first.Number {
		o.w.t.Fatalf("cart %s has outcome %d after %d", r.Wanted.ID, a.Reservation.Number, first.Number)
	}
	if a.Verdict != Done {
		if !decided && (a.Verdict == Repeated || a.Verdict == Conflicting) {
			o.w.t.Fatalf("cart %s was never decided and is told %d", r.Wanted.ID, a.Verdict)
		}
		return
	}
	if decided && (r.Wanted.Command.Time != 0 || r.Wanted.Object.UID != "") && !o.ahead(first, r) {
		o.w.t.Fatalf("cart %s is decided twice: %+v", r.Wanted.ID, first)
	}
	o.decided++
	o.replace(r, a.Reservation)
	switch a.Reservation.Phase {
	case PhaseReserved:
		o.allNeeds(a.Reservation)
		got := map[Key]int64{}
		for _, l := range a.Reservation.Allocations {
			got[Key{l.Product, l.Location}] += l.Quantity
		}
		for key, units := range got {
			if free := o.free(key); free < units {
				o.w.t.Fatalf("cart %s gets %d of %v, where %d are free", r.Wanted.ID, units, key, free)
			}
		}
	case PhaseRefused:
		// Where batches are tiny, a cart is not split over places that could never be written of it.
		splits := o.w.policy.Batch > tinyBatch
		if splits && !slices.ContainsFunc(a.Reservation.Lines, func(l Line) bool { return o.short(a.Reservation, l.Product) }) {
			o.w.t.Fatalf("cart %s is refused though all of it is there: %+v", r.Wanted.ID, a.Reservation)
		}
		if len(a.Reservation.Allocations) > 0 {
			o.w.t.Fatalf("cart %s is refused and holds something", r.Wanted.ID)
		}
	default:
		o.w.t.Fatalf("cart %s is decided to phase %d", r.Wanted.ID, a.Reservation.Phase)
	}
	o.carts[r.Wanted.ID] = *a.Reservation
	o.shipped[r.Wanted.ID] = map[Key]int64{}
}

// replace lets a hold end in whose place another one came, before that one takes its units.
func (o *oracle) replace(asked Reserve, r *Reservation) {
	if r.Replaces == "" || r.Phase != PhaseReserved {
		if r.Phase == PhaseReserved && asked.Wanted.Replaces != "" {
			o.w.t.Fatalf("cart %s stands and does not replace %s", r.ID, asked.Wanted.Replaces)
		}
		return
	}
	o.w.seen["replaced"]++
	before := o.carts[r.Replaces]
	after, ok := o.w.s.Reservation(r.Replaces)
	if ok {
		if asked.Wanted.Replaces == "" {
			o.w.seen["replaced by itself"]++
			if !asked.OneHold || before.LaterOrder != "" {
				o.w.t.Fatalf("cart %s replaces %+v unasked", r.ID, before)
			}
		}
		if before.Phase.Ended() || !after.Phase.Ended() || after.ReplacedBy != r.ID || before.Cart != r.Cart || r.Phase != PhaseReserved {
			o.w.t.Fatalf("cart %s replaces %+v, which is %+v then", r.ID, before, after)
		}
	}
	for i := range before.Allocations {
		l := &before.Allocations[i]
		l.Released = l.Quantity - l.Consumed
	}
	before.Phase = PhaseReleased
	if ok {
		before = *after
	}
	o.carts[r.Replaces] = before
}

// ahead tells whether a command's time was so far ahead that it counted as none.
func (o *oracle) ahead(first Reservation, r Reserve) bool {
	return first.Command.Time == 0 && r.Wanted.Object.UID == ""
}

func (o *oracle) allNeeds(r *Reservation) {
	wanted, got := map[ID]int64{}, map[ID]int64{}
	for _, l := range r.Lines {
		wanted[l.Product] += l.Quantity
	}
	for _, l := range r.Allocations {
		got[l.Product] += l.Quantity
	}
	for product, units := range wanted {
		if got[product] != units {
			o.w.t.Fatalf("cart %s gets %d of %d %s", r.ID, got[product], units, product)
		}
	}
}

// held adds up what is held of a key.
func (o *oracle) held(key Key) int64 {
	var held int64
	for _, r := range o.carts {
		if r.Phase != PhaseReserved {
			continue
		}
		for _, l := range r.Allocations {
			if l.Product == key.Product && l.Location == key.Location {
				held += l.Quantity - l.Consumed - l.Released
			}
		}
	}
	return held
}

func (o *oracle) serving(key Key) *oracleItem {
	var serves *oracleItem
	for _, i := range o.items {
		if i.key() != key || i.silent {
			continue
		}
		if serves == nil || precedes(i, serves) {
			serves = i
		}
	}
	return serves
}

// free is how many units of a key can be sold.
func (o *oracle) free(key Key) int64 {
	i := o.serving(key)
	if i == nil || i.Suspended {
		return 0
	}
	return max(0, i.limit-i.SafetyStock-o.held(key)-o.consumed[key])
}

// short tells whether there is less of a product than a refused cart wanted.
func (o *oracle) short(r *Reservation, product ID) bool {
	var wanted, free int64
	for _, l := range r.Lines {
		if l.Product == product {
			wanted += l.Quantity
		}
	}
	for _, location := range walkLocations {
		free += o.free(Key{product, location})
	}
	return free < wanted
}

func (i *oracleItem) key() Key { return Key{i.Product, i.Location} }

func (o *oracle) putItem(i Item) {
	key := Key{i.Product, i.Location}
	known := o.items[i.UID]
	limit, silent := i.Offered(), false
	switch {
	case known != nil:
		limit, silent = min(known.limit, i.Offered()), known.silent
		if silent && o.serving(key) == nil && !i.Suspended && (i.TakesOver || i.Generation != known.Generation) {
			o.w.seen["taken over by word"]++
			silent = false
		}
	case o.claimed(key) || o.held(key) > 0 || o.consumed[key] > 0:
		limit = 0
	}
	switch serving := o.serving(key); {
	case known != nil:
		i.Created = known.Created
	case serving != nil && serving.Created == i.Created:
		i.Created++ // it displaces nobody
	}
	o.items[i.UID] = &oracleItem{Item: i, limit: limit, silent: silent}
}

// claimed tells whether any item is of a key.
func (o *oracle) claimed(key Key) bool {
	for _, i := range o.items {
		if i.key() == key {
			return true
		}
	}
	return false
}

// dropItem silences all but one of those that stay where the item served, and takes back
// what they were allowed to sell.
func (o *oracle) dropItem(uid ID) {
	gone := o.items[uid]
	delete(o.items, uid)
	if gone.silent || o.serving(gone.key()) != nil && precedes(o.serving(gone.key()), gone) {
		return // another one serves
	}
	var heir *oracleItem
	for _, i := range o.items {
		if i.key() != gone.key() {
			continue
		}
		made := i.Name == gone.Name && !i.silent
		i.limit, i.silent = 0, true
		o.w.seen["left by the one that served"]++
		if (i.TakesOver || made) && (heir == nil || precedes(i, heir)) {
			heir = i
		}
	}
	if heir != nil {
		o.w.seen["taken over at once"]++
		heir.silent = false
	}
}

func precedes(a, b *oracleItem) bool {
	return a.Created < b.Created || a.Created == b.Created && a.UID < b.UID
}

// change takes in a reservation as an answer shows it.
func (o *oracle) change(r *Reservation) {
	before := o.carts[r.ID]
	if before.Phase.Ended() && before.Phase != r.Phase {
		o.w.t.Fatalf("cart %s leaves phase %d for %d", r.ID, before.Phase, r.Phase)
	}
	units := map[Key]int64{}
	for _, l := range r.Allocations {
		units[Key{l.Product, l.Location}] += l.Consumed
		if l.Consumed+l.Released > l.Quantity || l.Consumed < 0 || l.Released < 0 {
			o.w.t.Fatalf("cart %s: %+v", r.ID, l)
		}
	}
	o.elsewhere(&before, r)
	for key, n := range units {
		more := n - o.shipped[r.ID][key]
		if more < 0 {
			o.w.t.Fatalf("cart %s takes back what was shipped", r.ID)
		}
		o.consumed[key] += more
		o.shipped[r.ID][key] = n
	}
	o.carts[r.ID] = *r
}

// elsewhere checks units that were shipped from a place beyond those held there: they were
// free, and as many fewer are held at other places.
func (o *oracle) elsewhere(before, after *Reservation) {
	place := func(r *Reservation) map[Key]int64 {
		at := map[Key]int64{}
		for _, l := range r.Allocations {
			at[Key{l.Product, l.Location}] += l.Quantity
		}
		return at
	}
	was, is := place(before), place(after)
	moved := map[ID]int64{}
	for key, units := range is {
		moved[key.Product] += units - was[key]
		if more := units - was[key]; more > 0 {
			o.w.seen["shipped from elsewhere"]++
			if free := o.free(key); free < more {
				o.w.t.Fatalf("cart %s ships %d units of %v where %d are free", after.ID, more, key, free)
			}
		}
	}
	for key, units := range was {
		if _, still := is[key]; !still {
			moved[key.Product] -= units
		}
	}
	for product, units := range moved {
		if units != 0 {
			o.w.t.Fatalf("cart %s has %d more units of %s after a change: %+v, %+v", after.ID, units, product, before, after)
		}
	}
}

// forgotten checks a reservation that a batch has forgotten.
func (o *oracle) forgotten(b Batch, r Reservation, passed Time) {
	last := r.At
	if r.Command.ID != "" && !r.Command.Given {
		last = max(last, r.Command.Time)
		if b.Marks.Forgotten < last {
			o.w.t.Fatalf("%+v is forgotten without the mark", r)
		}
	}
	over := max(r.At, r.Ended)
	early := o.w.policy.Limit > 0
	switch {
	case r.endOf() > passed && r.endOf() > o.w.s.endsPassed:
		o.w.t.Fatalf("%+v is forgotten, and its end was not told", r)
	case r.Phase == PhaseReserved, r.Number > b.Marks.Published, r.Object.UID != "" && !r.Object.Gone:
		o.w.t.Fatalf("%+v is forgotten", r)
	case b.Marks.At < last+o.w.policy.Grace, !early && b.Marks.At < over+o.w.policy.Retention:
		o.w.t.Fatalf("%+v is forgotten too early, at %d", r, b.Marks.At)
	case b.Marks.Gone < r.Object.Version:
		o.w.t.Fatalf("%+v is forgotten and its object is not", r)
	}
}

// figures compares what State says with what the oracle adds up.
func (o *oracle) figures() {
	for uid, i := range o.items {
		key := Key{i.Product, i.Location}
		got, ok := o.w.s.Figures(uid)
		if !ok {
			o.w.t.Fatalf("item %s is lost", uid)
		}
		if got.Serving != (o.serving(key) == i) || got.Waits != (o.serving(key) == nil) {
			o.w.t.Fatalf("item %s stands at %+v", uid, got)
		}
		if got.Serving && (got.Reserved != o.held(key) || got.Consumed != o.consumed[key]) {
			o.w.t.Fatalf("%v has %+v, held %d, consumed %d", key, got, o.held(key), o.consumed[key])
		}
	}
	for key, units := range o.consumed {
		if got := o.w.s.Consumed(key); got != units {
			o.w.t.Fatalf("%v: %d units were consumed instead of %d", key, got, units)
		}
	}
	if n := len(slices.Collect(o.w.s.Items())); n != len(o.items) {
		o.w.t.Fatalf("%d items instead of %d", n, len(o.items))
	}
}
