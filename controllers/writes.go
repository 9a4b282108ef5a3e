package controllers

import (
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

// watchLag is how long a watch is waited for to bring what was written. One that was
// interrupted may never bring it, where the object was deleted meanwhile.
const watchLag = 5 * time.Second

// writes remembers the versions that this process has written and its cache does not have
// yet: a write over what the cache has would only conflict. The zero value is ready. It is
// safe for concurrent use.
type writes struct {
	mu     sync.Mutex
	newest map[client.ObjectKey]written
	// limit is how many there may be before old ones are looked for.
	limit int
}

type written struct {
	version uint64
	at      time.Time
}

// wrote notes the version that the API server gave to a write.
func (w *writes) wrote(object client.Object, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.newest == nil {
		w.newest = map[client.ObjectKey]written{}
	}
	w.newest[client.ObjectKeyFromObject(object)] = written{version: versionOf(object.GetResourceVersion()), at: now}
	if len(w.newest) > w.limit {
		w.tidy(now)
	}
}

// tidy drops what the watch has brought by now, or never will. Events may be faster than the
// answer to a write, and then nobody asks.
func (w *writes) tidy(now time.Time) {
	for key, write := range w.newest {
		if now.Sub(write.at) > watchLag {
			delete(w.newest, key)
		}
	}
	w.limit = max(1024, 2*len(w.newest))
}

// ahead tells whether something newer was written, a moment ago, than the version of an
// object that the cache has, 0 if it has none.
func (w *writes) ahead(key client.ObjectKey, version uint64, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	write, ok := w.newest[key]
	if ok && (version >= write.version || now.Sub(write.at) > watchLag) {
		delete(w.newest, key)
		return false
	}
	return ok
}

// deletions returns a predicate that sees deletions and keeps nothing back.
func (w *writes) deletions() predicate.Predicate {
	return predicate.Funcs{DeleteFunc: func(e event.DeleteEvent) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.newest, client.ObjectKeyFromObject(e.Object))
		return true
	}}
}
