// Package lease checks the times of a lease, by which one replica at a time is elected, before
// anything is started. It neither binds flags nor takes leases.
package lease

import (
	"fmt"
	"math"
	"time"

	"k8s.io/client-go/tools/leaderelection"
)

// Times are those of client-go's leader election.
type Times struct {
	// Duration is how long the others wait for a leader that does not renew. Leases have it in
	// whole seconds.
	Duration time.Duration
	// RenewDeadline is how long a leader tries to renew before it gives up.
	RenewDeadline time.Duration
	// RetryPeriod is how often a lease is renewed and tried for; each pause is up to
	// leaderelection.JitterFactor of it longer.
	RetryPeriod time.Duration
}

const (
	minDuration = time.Second
	maxDuration = math.MaxInt32 * time.Second
)

// Validate returns an error, which names the flags, where nobody could ever be elected.
func (t Times) Validate() error {
	longestPause := time.Duration(leaderelection.JitterFactor * float64(t.RetryPeriod))
	switch {
	case t.RetryPeriod <= 0 || t.RenewDeadline <= longestPause:
		return fmt.Errorf("--renew-deadline is %s and --retry-period %s: give a deadline of more than %.1f periods, and a period of more than 0",
			t.RenewDeadline, t.RetryPeriod, leaderelection.JitterFactor)
	case t.Duration <= t.RenewDeadline || t.Duration < minDuration || t.Duration > maxDuration:
		return fmt.Errorf("--lease-duration is %s: give more than --renew-deadline (%s), and %s to %s",
			t.Duration, t.RenewDeadline, minDuration, maxDuration)
	}
	return nil
}
