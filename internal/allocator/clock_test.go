package allocator

import (
	"testing"
	"time"
)

// A clock that is set ahead, once or while it runs, expires no hold before its time.
func TestClock(t *testing.T) {
	server := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		ahead time.Duration
		want  time.Duration
	}{
		"exact":         {0, 0},
		"slow":          {-time.Hour, 0},
		"a little fast": {4 * time.Second, 4 * time.Second},
		"an hour fast":  {time.Hour, 5 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var c Clock
			own := server.Add(test.ahead)
			c.Observe(server, own)
			for _, later := range []time.Duration{0, time.Minute} {
				if got := c.Now(own.Add(later)).Sub(server.Add(later)); got != test.want {
					t.Errorf("after %s: %s ahead of the API server, want %s", later, got, test.want)
				}
			}
		})
	}
}

// Before the first answer there is nothing to compare with.
func TestClockWithoutDate(t *testing.T) {
	var c Clock
	own := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	if got := c.Now(own); !got.Equal(own) {
		t.Errorf("%s, want %s", got, own)
	}
}

// An answer of an API server whose clock is fast does not loosen the bound; after a minute a
// new Date counts whatever it says, since this machine may have slept.
func TestClockKeepsTheTightestDate(t *testing.T) {
	server := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	own := server.Add(time.Hour)
	var c Clock
	c.Observe(server, own)
	c.Observe(server.Add(20*time.Second), own.Add(10*time.Second))
	if got := c.Now(own.Add(10 * time.Second)).Sub(server); got != 15*time.Second {
		t.Errorf("%s, want 15s", got)
	}
	c.Observe(server.Add(2*time.Hour+10*time.Second), own.Add(2*time.Hour))
	if got := c.Now(own.Add(2 * time.Hour)).Sub(server); got != 2*time.Hour+15*time.Second {
		t.Errorf("%s, want 2h0m15s", got)
	}
}
