package controllers

import (
	"testing"
	"time"
)

// A worker rests for longer the more commands wait: not at all where they never do, and a
// hundred times as long as it worked where they always do.
func TestPayOff(t *testing.T) {
	const worked = 20 * time.Millisecond
	for _, tc := range []struct {
		load        float64
		least, most time.Duration
	}{
		{0, 0, 0},
		{0.05, time.Millisecond, 3 * time.Millisecond},
		{0.5, 55 * time.Millisecond, 65 * time.Millisecond},
		{1, 1900 * time.Millisecond, 2100 * time.Millisecond},
	} {
		var rested time.Duration
		for owed := worked; owed > 0; {
			pause, paid := payOff(owed, tc.load)
			if pause > viewTick || paid <= 0 {
				t.Fatalf("at load %v it pauses for %v and pays %v", tc.load, pause, paid)
			}
			rested, owed = rested+pause, owed-paid
		}
		if rested < tc.least || rested > tc.most {
			t.Errorf("at load %v it rests for %v, want %v to %v", tc.load, rested, tc.least, tc.most)
		}
	}
}
