package ledger

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Item is what one StockItem offers, in units.
type Item struct {
	Key
	UID  types.UID
	Name string
	// CreatedAt decides, before UID, which of two items with one Key serves.
	CreatedAt time.Time
	// Declared is what the spec says was received.
	Declared int64
	// Sellable is how much of it may be sold against already. It is below
	// Declared between a raise of the spec and the moment the operator shows
	// it in observedGeneration, since promises are measured by what is shown.
	Sellable    int64
	SafetyStock int64
	Suspended   bool
	Priority    int32
}

type itemRecord struct {
	Item
	version uint64
}

// PutItem records a StockItem as it was at version. It tells whether that was
// news; input that is older than what is known is ignored.
func (l *Ledger) PutItem(item Item, version uint64) bool {
	if version <= l.itemFloor || l.ended(item.UID) {
		return false
	}
	record, known := l.items[item.UID]
	if known && version <= record.version {
		return false
	}
	if !known {
		record = &itemRecord{}
		l.items[item.UID] = record
	}
	same := known && record.Item == item
	record.version = version
	if same {
		return true
	}
	// The key of an item never changes, but a record is not trusted to know.
	if known && record.Key != item.Key {
		l.takeOff(record)
		known = false
	}
	record.Item = item
	s := l.shelf(item.Key)
	if !known {
		s.items = append(s.items, record)
	}
	slices.SortFunc(s.items, precedence)
	l.arrange(item.ProductID)
	l.recount(s)
	return true
}

// DropItem records that a StockItem is gone.
func (l *Ledger) DropItem(uid types.UID) {
	l.bury(uid)
	record, known := l.items[uid]
	if !known {
		return
	}
	delete(l.items, uid)
	l.takeOff(record)
}

func (l *Ledger) takeOff(record *itemRecord) {
	s := l.shelves[record.Key]
	s.items = slices.DeleteFunc(s.items, func(other *itemRecord) bool { return other == record })
	l.arrange(record.ProductID)
	l.recount(s)
}

// ItemVersion is the version at which the item is known, 0 if it is not.
func (l *Ledger) ItemVersion(uid types.UID) uint64 {
	if record, ok := l.items[uid]; ok {
		return record.version
	}
	return 0
}

// CompleteItems records that listed were all the StockItems there were at
// version: others known from before are gone, and input up to version is old.
// What the list shows newer than it was known is put before this call.
func (l *Ledger) CompleteItems(version uint64, listed map[types.UID]struct{}) {
	for uid, record := range l.items {
		if _, ok := listed[uid]; !ok && record.version <= version {
			l.DropItem(uid)
		}
	}
	l.itemFloor = max(l.itemFloor, version)
}

// HasItems tells whether any StockItem is known.
func (l *Ledger) HasItems() bool { return len(l.items) > 0 }

// precedence orders the items of one key: the older serves, then the smaller
// UID.
func precedence(a, b *itemRecord) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(string(a.UID), string(b.UID)))
}
