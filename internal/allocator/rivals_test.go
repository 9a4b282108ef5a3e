package allocator

import (
	"testing"
	"time"
)

// A change of leader is none, nor is what happened long ago or before this process was elected.
func TestRivals(t *testing.T) {
	start := time.Unix(1000, 0)
	type step struct {
		leader  string
		elected bool
		after   time.Duration
	}
	overtaken := func(times int, every time.Duration) (steps []step) {
		for range times {
			steps = append(steps, step{"self", true, every}, step{"other", true, 0})
		}
		return steps
	}
	for name, c := range map[string]struct {
		steps []step
		want  string
	}{
		"alone":              {[]step{{"self", true, 0}, {"self", true, time.Second}}, ""},
		"a change of leader": {overtaken(2, time.Second), ""},
		"by turns":           {overtaken(3, time.Second), "other"},
		"now and then":       {overtaken(6, 40*time.Second), ""},
		"long ago":           {append(overtaken(3, time.Second), step{"other", true, 2 * time.Minute}), ""},
		"elected anew":       {append(append(overtaken(2, time.Second), step{"other", false, 0}), overtaken(1, time.Second)...), ""},
		"a standby":          {[]step{{"self", false, 0}, {"other", false, 0}, {"self", false, 0}, {"other", false, 0}, {"self", false, 0}, {"other", false, 0}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, now := rivals{self: "self"}, start
			for _, s := range c.steps {
				now = now.Add(s.after)
				r.see(s.leader, s.elected, now)
			}
			if got := r.rival(now); got != c.want {
				t.Errorf("the rival is %q, want %q", got, c.want)
			}
		})
	}
}
