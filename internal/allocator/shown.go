package allocator

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// shownItems knows which StockItems show what is known of their key, and since
// when one does not. It tells a status that lags from one that somebody else
// wrote. The shard's lock guards it.
type shownItems struct {
	keys  map[ledger.Key]*movingKey
	items map[types.UID]shownItem
	// frontier is when the figures changed of the key that changed last of those
	// whose turn has come; takenAt is when the latest turn came.
	frontier, takenAt time.Time
}

// writeBehindLimit is how long a StockItem may take to be written once its turn
// has come. Waiting for its turn does not count: it has no bound under load.
const writeBehindLimit = 30 * time.Second

// movingKey counts the changes of a key's figures.
type movingKey struct {
	changes uint64
	// behindSince is when the figures changed that the serving item does not
	// show yet, zero if it shows them.
	behindSince time.Time
}

// shownItem is an item as it was last known to show its key's figures.
type shownItem struct {
	changes    uint64
	version    uint64
	generation int64
}

func newShownItems() *shownItems {
	return &shownItems{keys: map[ledger.Key]*movingKey{}, items: map[types.UID]shownItem{}}
}

// changed notes that the figures of keys changed.
func (s *shownItems) changed(now time.Time, keys []ledger.Key) {
	for _, key := range keys {
		k, known := s.keys[key]
		if !known {
			k = &movingKey{}
			s.keys[key] = k
		}
		k.changes++
		if k.behindSince.IsZero() {
			k.behindSince = now
		}
	}
}

// take notes that the turn of a key has come. Turns come about in the order in
// which figures changed.
func (s *shownItems) take(now time.Time, key ledger.Key) {
	if k, known := s.keys[key]; known && !k.behindSince.IsZero() {
		s.takenAt = now
		if k.behindSince.After(s.frontier) {
			s.frontier = k.behindSince
		}
	}
}

// behind are the keys whose item does not show the latest figures yet and is not
// overdue: nothing that changed writeBehindLimit later has had its turn, and turns
// still come.
func (s *shownItems) behind(now time.Time) []ledger.Key {
	due := s.frontier
	if now.Sub(s.takenAt) >= writeBehindLimit {
		due = now
	}
	var keys []ledger.Key
	for key, k := range s.keys {
		if !k.behindSince.IsZero() && due.Sub(k.behindSince) < writeBehindLimit {
			keys = append(keys, key)
		}
	}
	return keys
}

func (s *shownItems) changes(key ledger.Key) uint64 {
	if k, known := s.keys[key]; known {
		return k.changes
	}
	return 0
}

// show notes that an item shows the figures of its key as they were when changes
// were counted.
func (s *shownItems) show(now time.Time, item *v1.StockItem, changes uint64) {
	s.items[item.UID] = shownItem{changes: changes, version: versionOf(item.ResourceVersion), generation: item.Generation}
	k, known := s.keys[itemKey(item)]
	switch {
	case !known:
	case k.changes == changes:
		k.behindSince = time.Time{}
	default:
		k.behindSince = now
	}
}

// ItemChanges counts the changes of the figures that an item shows, whose turn to
// be written has come. Ask before Position, and hand it to ItemShown and ItemMeddled.
func (a *Allocator) ItemChanges(item *v1.StockItem) uint64 {
	s := a.shard(item.Namespace)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown.take(a.Clock.Now(), itemKey(item))
	return s.shown.changes(itemKey(item))
}

// ItemShown notes that this version of an item shows the Position that was taken
// after changes were counted.
func (a *Allocator) ItemShown(item *v1.StockItem, changes uint64) {
	s := a.shard(item.Namespace)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown.show(a.Clock.Now(), item, changes)
}

// ItemMeddled tells whether an item whose status is not what it should be was
// changed by somebody else: it showed these very figures before, and this is a
// newer version of the same generation. It is false where the status only lags.
func (a *Allocator) ItemMeddled(item *v1.StockItem, changes uint64) bool {
	s := a.shard(item.Namespace)
	s.mu.Lock()
	defer s.mu.Unlock()
	shown, known := s.shown.items[item.UID]
	return known && shown.changes == changes && shown.generation == item.Generation &&
		shown.version < versionOf(item.ResourceVersion)
}

func itemKey(item *v1.StockItem) ledger.Key {
	return ledger.Key{ProductID: item.Spec.ProductID, LocationID: item.Spec.LocationID}
}

// forgetItem forgets an item that is gone.
func (s *shard) forgetItem(uid types.UID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.shown.items, uid)
}
