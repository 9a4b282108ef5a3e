package allocator_test

import (
	"fmt"
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// stockroom is what the API server stores of StockItems, and the people who change them.
type stockroom struct {
	w     *world
	items []*stockObject
	byUID map[stock.ID]*stockObject
	// log are the changes in order, for the processes' stores.
	log []stockChange
}

// stockObject is one StockItem object. Its Item has spec, generation and version.
type stockObject struct {
	stock.Item
	// observed is the generation that its status shows, serves whether it shows that the item
	// serves, as of a position.
	observed int64
	serves   bool
	as       allocator.Position
	deleted  bool
}

type stockChange struct {
	version uint64
	object  stockObject
}

var (
	products  = []stock.ID{"mug", "cup", "pot"}
	locations = []string{"ams", "ber", "cdg"}
)

func newStockroom(w *world) *stockroom {
	s := &stockroom{w: w, byUID: map[stock.ID]*stockObject{}}
	for range 5 + w.rng.IntN(4) {
		s.create()
	}
	return s
}

// change lets somebody change a StockItem.
func (s *stockroom) change() {
	live := s.live()
	if len(live) == 0 || s.w.chance(8) && len(live) < 9 {
		s.create()
		return
	}
	o := live[s.w.rng.IntN(len(live))]
	switch n := s.w.rng.IntN(14); {
	case n < 6:
		o.Received += int64(1 + s.w.rng.IntN(25))
	case n < 8:
		o.Received = max(0, o.Received-int64(1+s.w.rng.IntN(20)))
		s.w.reach.Cuts++
	case n == 8:
		o.Priority = int32(s.w.rng.IntN(4))
	case n == 9 && s.w.chance(3):
		o.Untracked = !o.Untracked
	case n == 9:
		o.SafetyStock = int64(s.w.rng.IntN(3))
	case n == 10:
		o.Suspended = !o.Suspended
	case n > 11: // an annotation: no other generation
		o.TakesOver = !o.TakesOver
		s.changed(o)
		return
	default:
		s.delete(o)
		return
	}
	o.Generation++
	s.changed(o)
}

// create makes a StockItem, often of a place that has or had one.
func (s *stockroom) create() {
	product := products[s.w.rng.IntN(len(products))]
	location := locations[s.w.rng.IntN(len(locations))]
	name := fmt.Sprintf("%s-%s", product, location)
	for s.named(name) {
		name += "-again" // a duplicate
		s.w.reach.Duplicates++
	}
	s.w.count++
	o := &stockObject{Item: fixture.Item(name, fixture.UID(stock.ID(fmt.Sprintf("item-%d", s.w.count))),
		fixture.Stocks(product, location, int64(3+s.w.rng.IntN(20))), fixture.Priority(int32(s.w.rng.IntN(4))))}
	o.Created = fixture.Moment(s.w.now.Truncate(time.Second)) // as metav1.Time has it
	s.items = append(s.items, o)
	s.byUID[o.UID] = o
	s.changed(o)
}

func (s *stockroom) delete(o *stockObject) {
	o.deleted = true
	s.changed(o)
	if s.w.chance(2) { // it is made again under its name, at once
		again := &stockObject{Item: o.Item}
		again.TakesOver = false
		s.w.count++
		again.UID, again.Generation = stock.ID(fmt.Sprintf("item-%d", s.w.count)), 1
		again.Created = fixture.Moment(s.w.now.Truncate(time.Second))
		s.items = append(s.items, again)
		s.byUID[again.UID] = again
		s.w.reach.Remade++
		s.changed(again)
	}
}

func (s *stockroom) changed(o *stockObject) {
	o.Version = s.w.version()
	s.log = append(s.log, stockChange{o.Version, *o})
	s.w.note("StockItem %s (%s): received %d of %s at %s, generation %d, observed %d, serves %t, takes over %t, version %d, deleted %t",
		o.Name, o.UID, o.Received, o.Product, o.Location, o.Generation, o.observed, o.serves, o.TakesOver, o.Version, o.deleted)
}

func (s *stockroom) live() []*stockObject {
	var live []*stockObject
	for _, o := range s.items {
		if !o.deleted {
			live = append(live, o)
		}
	}
	return live
}

func (s *stockroom) named(name string) bool {
	for _, o := range s.items {
		if o.Name == name && !o.deleted {
			return true
		}
	}
	return false
}

// show lets a process write the status of a StockItem, as its State says. A status that
// shows what came later is not turned back.
func (s *stockroom) show(p *process) {
	live := s.live()
	if len(live) == 0 || p.isFrozen() {
		return
	}
	s.showOne(p, live[s.w.rng.IntN(len(live))])
}

func (s *stockroom) showOne(p *process, o *stockObject) {
	known, ok := p.stock().Item(o.UID)
	position, _ := p.stock().Figures(o.UID)
	as := allocator.PositionOf(p.replica.Log())
	if !ok || known.Generation < o.observed || known.Generation == o.observed && position.Serving == o.serves || !as.Covers(o.as) {
		return
	}
	o.observed, o.serves, o.as = known.Generation, position.Serving, as
	s.changed(o)
}
