package chaos

import (
	"cmp"
	"strings"
	"sync"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/test/testbed"
)

// TestEveryWriteHasACrash lets a reservation of every kind live from its first
// to its last trace and fails if the operator makes a write for which there is
// no crash above, or none of those that there is one for.
func TestEveryWriteHasACrash(t *testing.T) {
	controlplanetest.Shared(t) // or it is skipped as a whole
	t.Parallel()
	crashed := map[string]bool{}
	for name := range rare {
		crashed[name] = true
	}
	for _, p := range plots {
		crashed[p.write] = true
	}
	var mu sync.Mutex
	made := map[string]int{"publishing": 1} // which is no write of the API
	for name := range rare {
		made[name]++ // its crash waits for it
	}
	told := map[string]bool{}
	for _, p := range plots {
		if told[p.write] && p.how != "again" {
			continue // it writes the same as the one before
		}
		told[p.write] = true
		t.Run(p.write, func(t *testing.T) {
			t.Parallel()
			p.story.live(testbed.NewWorld(t), func(w testbed.Write) {
				mu.Lock()
				defer mu.Unlock()
				name := meaning(w)
				if name == "" && !isEvent(w) {
					t.Errorf("no crash is at %s %s: %.2000s", w.Method, w.Resource, w.Body)
				}
				made[name]++
			})
		})
	}
	t.Cleanup(func() {
		for _, known := range writes {
			if !crashed[known.name] {
				t.Errorf("no story crashes while %s", known.name)
			}
			if made[known.name] == 0 {
				t.Errorf("nobody was seen %s", known.name)
			}
		}
	})
}

// isEvent tells the notes for people, which nothing depends on.
func isEvent(w testbed.Write) bool { return strings.HasSuffix(w.Resource, "/events") }

// live is the story without any crash.
func (s story) live(w *testbed.World, wrote func(testbed.Write)) {
	t := &telling{story: &s, Killing: testbed.NewKilling(w)}
	t.Proxy.Record(wrote)
	t.Declare("mug", "mug", "amsterdam", 5)
	t.Declare("plate", "plate", "amsterdam", 1)
	t.begin()
	if t.o == nil {
		t.o = t.Start(s.flags...)
		t.o.AwaitReady()
	}
	answer := t.Ask(s.command(t.reservation), t.o)
	if s.refused {
		t.AwaitReservation(answer.Reservation, deliveredIs("False"))
		t.o.Kill()
		t.Sink.Feel(nil)
		t.o = t.Start(s.flags...)
		t.AwaitReservation(answer.Reservation, deliveredIs("True"))
	}
	if s.forgotten {
		t.AwaitGone(t.reservation)
	} else if s.phase != "" {
		t.AwaitReservation(cmp.Or(t.reservation, answer.Reservation), func(r *v1.Reservation) bool { return r.Status.Phase == s.phase })
	}
	t.Proxy.AwaitRest(quiet)
	t.Settle()
}
