package allocator

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// watchPatience is how long catching up waits for the watch to show a mark.
	watchPatience = 3 * time.Second
	// firstLook and lastLook are the pauses between two looks for it.
	firstLook = 2 * time.Millisecond
	lastLook  = 50 * time.Millisecond
	// markTries bounds how often a mark is written that meets conflicts.
	markTries = 3
)

// watchCaughtUp waits until the cache has all that was stored of a kind up to version,
// and tells whether it has. It writes a mark into one object and waits for it to
// come back, since a watch tells the changes of a kind in their order.
//
// It does so twice: where the watch broke and the cache is filled from a list, the
// object may be there before others of that list. What is written after the first mark
// was there comes after the whole of the list. A CRD that is older than this operator
// drops the mark and makes no new version of the object: then nothing can be told.
func (s *shard) watchCaughtUp(ctx context.Context, w wanted, key client.ObjectKey, version uint64) (bool, error) {
	for range 2 {
		object, err := s.newMark(ctx, w, key)
		if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
			return false, nil // it changes all the time, or is gone
		}
		if err != nil {
			return false, fmt.Errorf("mark %s of a %s: %w", key.Name, w.kind, err)
		}
		marked := versionOf(object.GetResourceVersion())
		if marked <= version {
			return false, nil
		}
		version = marked
		if !s.awaitShown(ctx, object) {
			return false, ctx.Err()
		}
	}
	return true, nil
}

// newMark writes a mark that was never written before.
func (s *shard) newMark(ctx context.Context, w wanted, key client.ObjectKey) (object client.Object, err error) {
	for range markTries {
		mark := fmt.Sprintf("%s/%d", s.identity, s.lastMark.Add(1))
		object, err = w.marked(ctx, key, mark)
		if !apierrors.IsConflict(err) {
			break
		}
	}
	return object, err
}

// mark reads an object past all caches, changes it and writes its status.
func (s *shard) mark(ctx context.Context, key client.ObjectKey, into client.Object, change func()) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := s.Reader.Get(ctx, key, into); err != nil {
		return err
	}
	change()
	return s.Client.Status().Update(ctx, into)
}

// awaitShown waits until the cache has this version of an object, or a later one.
// It is false where that takes too long, or ctx ended.
func (s *shard) awaitShown(ctx context.Context, object client.Object) bool {
	want := versionOf(object.GetResourceVersion())
	key := client.ObjectKeyFromObject(object)
	for waited, look := time.Duration(0), firstLook; waited < watchPatience && ctx.Err() == nil; look = min(lastLook, 2*look) {
		// Into the object as it was written: what is not found leaves it behind.
		if err := s.Cache.Get(ctx, key, object); err == nil && versionOf(object.GetResourceVersion()) >= want {
			return true
		}
		s.pause(ctx, look)
		waited += look
	}
	return false
}

// seeShown sees what the cache has that is newer than known, and returns the UIDs of
// all that it has.
func (s *shard) seeShown(ctx context.Context, w wanted) (map[types.UID]struct{}, error) {
	shown, err := w.shown(ctx)
	uids := make(map[types.UID]struct{}, len(shown))
	for _, o := range shown {
		uids[o.GetUID()] = struct{}{}
		if s.newer(w, o) {
			s.dispatch(w.seen(o))
		}
	}
	return uids, err
}
