package controllers

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// names is a set of names in namespaces. The zero value is ready. It is safe for concurrent
// use.
type names struct {
	mu  sync.Mutex
	all map[string]map[string]bool
}

// set says whether a name belongs to it. It returns how many of its namespace do, and whether
// that has changed.
func (n *names) set(key types.NamespacedName, belongs bool) (count int, changed bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	known := n.all[key.Namespace]
	if known[key.Name] == belongs {
		return len(known), false
	}
	switch {
	case !belongs:
		delete(known, key.Name)
	case known == nil:
		if n.all == nil {
			n.all = map[string]map[string]bool{}
		}
		known = map[string]bool{key.Name: true}
		n.all[key.Namespace] = known
	default:
		known[key.Name] = true
	}
	return len(known), true
}

func (n *names) has(key types.NamespacedName) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.all[key.Namespace][key.Name]
}

// forget drops the names of a namespace.
func (n *names) forget(namespace string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.all, namespace)
}

// takenNames are the names that are counted as taken.
type takenNames struct{ names }

// set says whether a name is taken.
func (t *takenNames) set(key types.NamespacedName, taken bool) {
	if count, changed := t.names.set(key, taken); changed {
		namesTaken.WithLabelValues(key.Namespace).Set(float64(count))
	}
}

// forget drops the names of a namespace, and its series.
func (t *takenNames) forget(namespace string) {
	t.names.forget(namespace)
	namesTaken.DeleteLabelValues(namespace)
}
