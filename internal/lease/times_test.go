package lease

import (
	"context"
	"testing"
	"time"

	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// What is taken is what client-go and the API server take.
func TestValidate(t *testing.T) {
	for _, tc := range []struct {
		duration, deadline, period time.Duration
		ok                         bool
	}{
		{15 * time.Second, 10 * time.Second, 2 * time.Second, true},
		{time.Second, 999 * time.Millisecond, 100 * time.Millisecond, true},
		{1300 * time.Millisecond, 1201 * time.Millisecond, time.Second, true},
		{1300 * time.Millisecond, 1200 * time.Millisecond, time.Second, false}, // the jitter's pause is as long
		{1200 * time.Millisecond, 1100 * time.Millisecond, time.Second, false},
		{time.Second, time.Second, 100 * time.Millisecond, false},
		{900 * time.Millisecond, 500 * time.Millisecond, 100 * time.Millisecond, false}, // a Lease would say 0 s
		{maxDuration + time.Second, time.Second, 100 * time.Millisecond, false},         // a Lease cannot say it
		{2 * time.Second, time.Second, 0, false},
		{2 * time.Second, time.Second, -time.Second, false},
		{0, 0, 0, false},
	} {
		times := Times{Duration: tc.duration, RenewDeadline: tc.deadline, RetryPeriod: tc.period}
		if err := times.Validate(); (err == nil) != tc.ok {
			t.Errorf("%+v: %v", times, err)
		}
		if _, err := elector(times); err != nil && tc.ok {
			t.Errorf("%+v is taken here, and not by client-go: %v", times, err)
		}
	}
}

func elector(t Times) (*leaderelection.LeaderElector, error) {
	return leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock:          &resourcelock.LeaseLock{LockConfig: resourcelock.ResourceLockConfig{Identity: "a"}},
		LeaseDuration: t.Duration, RenewDeadline: t.RenewDeadline, RetryPeriod: t.RetryPeriod,
		Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: func(context.Context) {}, OnStoppedLeading: func() {}},
	})
}
