package outcomes

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

var key = types.NamespacedName{Namespace: "shop", Name: "r"}

// state is a Reservation as it was at a resourceVersion.
func state(uid types.UID, version int, phase v1.Phase) *v1.Reservation {
	return &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name, UID: uid, ResourceVersion: strconv.Itoa(version)},
		Status:     v1.ReservationStatus{Phase: phase},
	}
}

func final(r *v1.Reservation) bool {
	return r.Status.Phase.Final() || r.Status.Phase == v1.PhaseReserved
}

// Each case subscribes, tells of some states, and waits from a state that it saw.
func TestWait(t *testing.T) {
	pending, reserved := state("a", 9, v1.PhasePending), state("a", 10, v1.PhaseReserved)
	announce := func(states ...*v1.Reservation) func(*Board) {
		return func(b *Board) {
			for _, r := range states {
				b.Announce(r)
			}
		}
	}
	cases := map[string]struct {
		tell func(*Board)
		seen *v1.Reservation
		// want is the state returned; wantErr instead of it.
		want    *v1.Reservation
		wantErr error
	}{
		"seen suffices":              {tell: announce(), seen: reserved, want: reserved},
		"told before":                {tell: announce(reserved), seen: pending, want: reserved},
		"told in the wrong order":    {tell: announce(reserved, pending), seen: pending, want: reserved},
		"older than seen":            {tell: announce(state("a", 8, v1.PhaseReleased)), seen: pending, wantErr: context.DeadlineExceeded},
		"more digits are newer":      {tell: announce(state("a", 100, v1.PhaseReserved)), seen: state("a", 99, v1.PhasePending), want: state("a", 100, v1.PhaseReserved)},
		"nothing told":               {tell: announce(), seen: pending, wantErr: context.DeadlineExceeded},
		"another name":               {tell: func(b *Board) { b.Announce(named("other", reserved)) }, seen: pending, wantErr: context.DeadlineExceeded},
		"deleted":                    {tell: func(b *Board) { b.AnnounceDeleted(state("a", 11, v1.PhasePending)) }, seen: pending, wantErr: &DeletedError{}},
		"deletion told with old":     {tell: func(b *Board) { b.Announce(pending); b.AnnounceDeleted(state("a", 5, v1.PhasePending)) }, seen: pending, wantErr: &DeletedError{}},
		"update after deletion":      {tell: func(b *Board) { b.AnnounceDeleted(state("a", 11, v1.PhasePending)); b.Announce(reserved) }, seen: pending, wantErr: &DeletedError{}},
		"decided, then deleted":      {tell: func(b *Board) { b.AnnounceDeleted(state("a", 11, v1.PhaseReserved)) }, seen: pending, want: state("a", 11, v1.PhaseReserved)},
		"decided, deleted with old":  {tell: func(b *Board) { b.Announce(reserved); b.AnnounceDeleted(pending) }, seen: pending, want: reserved},
		"a predecessor was deleted":  {tell: func(b *Board) { b.AnnounceDeleted(state("z", 8, v1.PhaseReserved)); b.Announce(reserved) }, seen: pending, want: reserved},
		"a predecessor's late state": {tell: announce(state("z", 7, v1.PhaseReserved)), seen: pending, wantErr: context.DeadlineExceeded},
		"replaced by another":        {tell: announce(state("b", 12, v1.PhaseReserved)), seen: pending, wantErr: &DeletedError{}},
		"version that is none":       {tell: announce(unversioned(reserved)), seen: pending, wantErr: context.DeadlineExceeded},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				board := NewBoard()
				sub := board.Watch(key)
				defer sub.Close()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				tc.tell(board)
				got, err := sub.Wait(ctx, tc.seen, final)
				switch {
				case tc.wantErr == nil:
					if err != nil || got.ResourceVersion != tc.want.ResourceVersion || got.UID != tc.want.UID {
						t.Errorf("got %v %v, want %s", got, err, tc.want.ResourceVersion)
					}
				case errors.As(tc.wantErr, new(*DeletedError)):
					if gone := (*DeletedError)(nil); !errors.As(err, &gone) || gone.Key != key {
						t.Errorf("got %v, want a DeletedError", err)
					}
				case !errors.Is(err, tc.wantErr):
					t.Errorf("got %v, want %v", err, tc.wantErr)
				}
			})
		})
	}
}

func named(name string, r *v1.Reservation) *v1.Reservation {
	r = r.DeepCopy()
	r.Name = name
	return r
}

func unversioned(r *v1.Reservation) *v1.Reservation {
	r = r.DeepCopy()
	r.ResourceVersion = ""
	return r
}

// Announcements while somebody waits wake every one of them, at once.
func TestWaitersAreWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := NewBoard()
		start := time.Now()
		var done sync.WaitGroup
		for range 10 {
			sub := board.Watch(key)
			done.Go(func() {
				defer sub.Close()
				got, err := sub.Wait(t.Context(), state("a", 1, v1.PhasePending), final)
				if err != nil || got.ResourceVersion != "3" {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
		synctest.Wait() // all wait
		time.Sleep(time.Second)
		board.Announce(state("a", 2, v1.PhasePending))
		synctest.Wait()
		time.Sleep(time.Second)
		board.Announce(state("a", 3, v1.PhaseReserved))
		done.Wait()
		if passed := time.Since(start); passed != 2*time.Second {
			t.Errorf("the last waiter returned after %s, not with the announcement", passed)
		}
		if n := board.Waiting(); n != 0 {
			t.Errorf("%d subscriptions are left", n)
		}
		if len(board.waiting) != 0 {
			t.Errorf("%d keys are left", len(board.waiting))
		}
	})
}

// A waiter that has left, or never looks, does not hold up announcers.
func TestAnnouncersNeverBlock(t *testing.T) {
	board := NewBoard()
	idle := board.Watch(key)
	defer idle.Close()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := idle.Wait(canceled, state("a", 1, v1.PhasePending), final); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a cancellation", err)
	}
	for version := range 1000 {
		board.Announce(state("a", version+2, v1.PhasePending))
	}
	idle.Close()
	idle.Close()
	board.Announce(state("a", 2000, v1.PhaseReserved))
}

// An announcer that goes on to change its object does not change what was told.
func TestAnnouncedIsCopied(t *testing.T) {
	board := NewBoard()
	sub := board.Watch(key)
	defer sub.Close()
	r := state("a", 2, v1.PhasePending)
	board.Announce(r)
	r.Status.Phase = v1.PhaseReserved // not written yet
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := sub.Wait(ctx, state("a", 1, v1.PhasePending), final); err == nil {
		t.Errorf("told %s, which nobody announced", got.Status.Phase)
	}
}

// Announcers and waiters of many keys at once, for the race detector.
func TestConcurrently(t *testing.T) {
	board := NewBoard()
	var waiters, announcers sync.WaitGroup
	for n := range 16 {
		at := types.NamespacedName{Namespace: key.Namespace, Name: strconv.Itoa(n % 4)}
		sub := board.Watch(at)
		waiters.Go(func() {
			defer sub.Close()
			if _, err := sub.Wait(t.Context(), named(at.Name, state("a", 1, v1.PhasePending)), final); err != nil {
				t.Error(err)
			}
		})
		announcers.Go(func() {
			for version := 2; version < 100; version++ {
				board.Announce(named(at.Name, state("a", version, v1.PhasePending)))
			}
			board.Announce(named(at.Name, state("a", 100, v1.PhaseReserved)))
		})
	}
	announcers.Wait()
	waiters.Wait()
}

// What every change of every Reservation costs while nobody waits.
func BenchmarkAnnounceToNobody(b *testing.B) {
	board, r := NewBoard(), state("a", 1, v1.PhaseReserved)
	b.ReportAllocs()
	for b.Loop() {
		board.Announce(r)
	}
}
