package main

import (
	"context"
	"fmt"
	"time"
)

// deliveries are what became of the events of a run, of which every cart that was
// answered has one.
type deliveries struct {
	// Owed is how many events there should be, over all rounds, and Delivered how many
	// different ones came.
	Owed      int `json:"events_owed,omitempty"`
	Delivered int `json:"events_delivered,omitempty"`
	// Late is how long the last event came after the last answer.
	Late float64 `json:"events_late_ms,omitempty"`
}

// await waits until a sender has delivered as many events as it owes, or for a while no
// more come. Carts that were answered without their events would make a rate that
// nobody can keep up.
func (s *sink) await(ctx context.Context, sender string, owed int, answered time.Time) (deliveries, error) {
	d := deliveries{Owed: owed}
	for {
		var last time.Time
		d.Delivered, last = s.delivered(sender)
		if d.Delivered >= owed || (time.Since(last) > patience && time.Since(answered) > patience) {
			d.Late = max(0, ms(last.Sub(answered)))
			return d, nil
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return d, fmt.Errorf("%d of %d events of %s were delivered: %w", d.Delivered, owed, sender, err)
		}
	}
}

// add sums up further rounds.
func (d *deliveries) add(rounds []run) {
	for _, r := range rounds {
		d.Owed += r.Owed
		d.Delivered += r.Delivered
	}
}

func (d deliveries) String() string {
	if d.Owed == 0 {
		return ""
	}
	return fmt.Sprintf("  %d of %d events delivered, the last %.0f ms late", d.Delivered, d.Owed, d.Late)
}
