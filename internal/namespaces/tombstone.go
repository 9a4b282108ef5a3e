package namespaces

import (
	"maps"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// tombstoneFor is how long it is remembered that a Namespace is gone: longer than an answer of the
// API server is under way, or a watch of another kind is behind that of Namespaces.
const tombstoneFor = 10 * time.Minute

// tombstone is what is remembered of a Namespace that is gone: which it was, the version that was
// told last, and when that was.
type tombstone struct {
	uid     types.UID
	version uint64
	at      time.Time
}

// tombstones are those of the Namespaces that have gone lately, by name. What is told late, of one
// that is gone, must not count for one that may be made again, nor as if it were there for good:
// nobody would ever tell again that it is gone.
type tombstones map[string]tombstone

// add remembers that a Namespace is gone, and forgets what was remembered for long enough.
func (t tombstones) add(namespace *metav1.PartialObjectMetadata, now time.Time) {
	maps.DeleteFunc(t, func(_ string, of tombstone) bool { return of.old(now) })
	t[namespace.Name] = tombstone{uid: namespace.UID, version: versionOf(namespace), at: now}
}

// has tells whether the last one of a name has gone lately.
func (t tombstones) has(name string, now time.Time) bool {
	of, ok := t[name]
	return ok && !of.old(now)
}

// cover tells whether a Namespace is the one that has gone lately, in whichever version, or one
// before it. One that was made later has a later version than all of theirs.
func (t tombstones) cover(namespace *metav1.PartialObjectMetadata, now time.Time) bool {
	of := t[namespace.Name]
	return t.has(namespace.Name, now) && (of.uid == namespace.UID || versionOf(namespace) < of.version)
}

func (t tombstone) old(now time.Time) bool { return now.Sub(t.at) >= tombstoneFor }
