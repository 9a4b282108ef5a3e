package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin/cluster"
	"github.com/acme/inventory-service/internal/plugin/sheet"
	"github.com/acme/inventory-service/internal/stock"
)

// countedAnnotation on a StockItem names the sheet by which it was counted last, so that the
// same sheet does not count it twice.
const countedAnnotation = "inventory.acme.com/counted-by-sheet"

// What to do with a count where units were shipped after the sheet was made.
const (
	shippedRefuse = "refuse"
	shippedBefore = "before-count"
	shippedAfter  = "after-count"
)

// step is what a row comes to.
type step struct {
	sheet.Row
	// item is what is changed, as it was read; made is what is made instead.
	item, made *v1.StockItem
	edit       cluster.Edit
	result     result
	detail     string
}

// result is what became of a row.
type result string

const (
	resultCreated   result = "created"
	resultUpdated   result = "updated"
	resultUnchanged result = "unchanged"
	resultInvalid   result = "invalid"
	resultFailed    result = "failed"
)

// stands tells whether nothing is to be written for a row.
func (s *step) stands() bool { return s.result == resultUnchanged || s.result == resultInvalid }

func (s *step) invalid(format string, values ...any) {
	s.result = resultInvalid
	s.detail = strings.TrimPrefix(s.detail+"; "+fmt.Sprintf(format, values...), "; ")
}

// plan holds what is in stock, and what the rows come to beside it.
type plan struct {
	namespace string
	// digest names the sheet.
	digest  string
	shipped string
	// consumed is what was ever shipped from a place; ok is false where that is not known.
	consumed func(item *v1.StockItem, key stock.Key) (units int64, ok bool)

	byName map[string]*v1.StockItem
	byKey  map[stock.Key]*v1.StockItem
	rows   map[string]int
}

func newPlan(items []v1.StockItem) *plan {
	p := &plan{byName: map[string]*v1.StockItem{}, byKey: map[stock.Key]*v1.StockItem{}, rows: map[string]int{}}
	for i := range items {
		item := &items[i]
		p.byName[item.Name] = item
		key := keyOf(item.Spec.ProductID, item.Spec.LocationID)
		if other := p.byKey[key]; other == nil || !cluster.Serves(other) && cluster.Serves(item) {
			p.byKey[key] = item
		}
	}
	return p
}

// digestOf names a sheet by its content.
func digestOf(text []byte) string {
	const enough = 16
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:enough])
}

func keyOf(product, location string) stock.Key {
	if location == "" {
		location = "default"
	}
	return stock.Key{Product: stock.ID(v1.CanonicalID(product)), Location: location}
}

// step is what one row comes to.
func (p *plan) step(row sheet.Row) step {
	s := step{Row: row}
	for _, problem := range row.Problems {
		s.invalid("%s", problem)
	}
	if s.result == resultInvalid {
		return s
	}
	item := p.byName[row.Name]
	if row.Name == "" {
		item = p.byKey[keyOf(row.Product, row.Location)]
	}
	if item == nil {
		p.make(&s)
	} else {
		p.change(&s, item)
	}
	if s.result != resultInvalid {
		p.once(&s)
	}
	return s
}

// once refuses a second row about one StockItem.
func (p *plan) once(s *step) {
	item := s.item
	if item == nil {
		item = s.made
	}
	for _, about := range []string{"StockItem " + item.Name, fmt.Sprintf("%q", keyOf(item.Spec.ProductID, item.Spec.LocationID))} {
		if line, twice := p.rows[about]; twice {
			s.invalid("line %d is about the same StockItem, or the same product and location", line)
			return
		}
		p.rows[about] = s.Line
	}
}

// make plans a new StockItem.
func (p *plan) make(s *step) {
	key := keyOf(s.Product, s.Location)
	switch {
	case s.Product == "":
		s.invalid("there is no StockItem %q, and without a product it cannot be made", s.Name)
		return
	case p.byKey[key] != nil:
		s.invalid("StockItem %s has this product at this location already", p.byKey[key].Name)
		return
	case s.Generation != nil:
		s.invalid("it was deleted since the sheet was made: take the generation out to make it again")
		return
	}
	s.made = &v1.StockItem{Spec: v1.StockItemSpec{ProductID: s.Product, LocationID: key.Location}}
	s.made.Namespace, s.made.Name = p.namespace, s.Name
	if s.Name == "" {
		s.made.Name = nameFor(key)
	}
	spec := &s.made.Spec
	spec.Tracking = v1.Tracking(s.Tracking)
	switch received, ok := p.received(s, s.made); {
	case s.result == resultInvalid:
		return
	case ok:
		spec.Received = received
	case spec.Tracking == v1.TrackingUnlimited:
	default:
		s.invalid("it is new: give received or counted")
		return
	}
	set(&spec.SafetyStock, s.SafetyStock)
	set(&spec.LowStockThreshold, s.LowStock)
	if s.Priority != nil {
		spec.Priority = int32(*s.Priority) // bounded by the sheet
	}
	set(&spec.Suspended, s.Suspended)
	if s.Counted != nil {
		s.made.Annotations = map[string]string{countedAnnotation: p.digest}
	}
	s.result = resultCreated
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// change plans a change of a StockItem.
func (p *plan) change(s *step, item *v1.StockItem) {
	s.item = item
	if s.Product != "" && v1.CanonicalID(s.Product) != v1.CanonicalID(item.Spec.ProductID) {
		s.invalid("StockItem %s has product %s: that never changes", item.Name, item.Spec.ProductID)
	}
	if s.Location != "" && s.Location != item.Spec.LocationID {
		s.invalid("StockItem %s is at %s: that never changes", item.Name, item.Spec.LocationID)
	}
	if s.result == resultInvalid {
		return
	}
	s.edit.Spec = map[string]any{}
	differs(s.edit.Spec, "safetyStock", item.Spec.SafetyStock, s.SafetyStock)
	differs(s.edit.Spec, "lowStockThreshold", item.Spec.LowStockThreshold, s.LowStock)
	differs(s.edit.Spec, "priority", int64(item.Spec.Priority), s.Priority)
	if s.Tracking != "" {
		differs(s.edit.Spec, "tracking", string(item.Spec.Tracking), &s.Tracking)
	}
	differs(s.edit.Spec, "suspended", item.Spec.Suspended, s.Suspended)
	if done := s.Counted != nil && item.Annotations[countedAnnotation] == p.digest; !done {
		if received, ok := p.received(s, item); ok {
			differs(s.edit.Spec, "received", item.Spec.Received, &received)
		}
		if s.Counted != nil {
			s.edit.Annotations = map[string]string{countedAnnotation: p.digest}
		}
	}
	switch {
	case s.result == resultInvalid:
	case len(s.edit.Spec) == 0 && len(s.edit.Annotations) == 0:
		s.result = resultUnchanged
	case len(s.edit.Spec) > 0 && s.Generation != nil && *s.Generation != item.Generation:
		s.invalid("StockItem %s was changed since the sheet was made: export it again", item.Name)
	default:
		s.result, s.detail = resultUpdated, describe(item, s.edit)
	}
}

func differs[T comparable](edit map[string]any, name string, is T, wanted *T) {
	if wanted != nil && *wanted != is {
		edit[name] = *wanted
	}
}

func describe(item *v1.StockItem, edit cluster.Edit) string {
	if received, ok := edit.Spec["received"].(int64); ok {
		return fmt.Sprintf("received %d to %d", item.Spec.Received, received)
	}
	return ""
}

// received is what a row says was received; ok is false where it says nothing.
func (p *plan) received(s *step, item *v1.StockItem) (units int64, ok bool) {
	if s.Counted == nil {
		if s.Received == nil {
			return 0, false
		}
		return *s.Received, true
	}
	if s.Received != nil && *s.Received != item.Spec.Received && s.item != nil {
		s.invalid("it says both counted and another received than %d: give one of them", item.Spec.Received)
		return 0, false
	}
	if cluster.Counted(item) != nil {
		s.invalid("StockItem %s has tracking Unlimited: its units are not counted", item.Name)
		return 0, false
	}
	now, known := p.consumed(item, keyOf(item.Spec.ProductID, item.Spec.LocationID))
	switch {
	case !known:
		s.invalid("what was shipped from there is not known: you may not read the journal, and StockItem %s shows no figures", item.Name)
		return 0, false
	case s.Consumed == nil || now == *s.Consumed || p.shipped == shippedBefore:
		return *s.Counted + now, true
	case p.shipped == shippedAfter:
		return *s.Counted + *s.Consumed, true
	default:
		// Rows that this sheet has changed already do not come here: their annotation tells.
		s.invalid("%d units were shipped since the sheet was made: count again, or say with --shipped whether that was before the count or after it", now-*s.Consumed)
		return 0, false
	}
}

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// nameFor is the name of a new StockItem: the same for each import.
func nameFor(key stock.Key) string {
	const longest, digits = 180, 8
	text := strings.ToLower(string(key.Product)) + "-" + strings.ToLower(key.Location)
	name := strings.Trim(unfit.ReplaceAllString(text, "-"), "-")
	if name == string(key.Product)+"-"+key.Location && len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(fmt.Sprintf("%q", key)))
	name = strings.Trim(name[:min(len(name), longest)]+"-"+hex.EncodeToString(sum[:])[:digits], "-")
	return name
}
