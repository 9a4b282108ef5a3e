package allocator

import "time"

const (
	// rivalLosses is how often an elected process has to be overtaken within rivalWindow until
	// that is no change of leader any more: those take one, or two.
	rivalLosses = 3
	rivalWindow = 20 * time.Second
)

// rivals tells whether another process, which is elected as well, keeps writing to the journal
// that this one should lead: another deployment, with a lease of its own, works in the
// namespace. Nothing is decided wrongly by that, but each takes turns with the other. It
// decides nothing itself.
type rivals struct {
	self string
	// leader is who made the newest write, when last looked at.
	leader string
	// name is who overtook this process last, lost are the times of the last losses.
	name string
	lost [rivalLosses]time.Time
}

// see takes note of who made the newest write.
func (r *rivals) see(leader string, elected bool, now time.Time) {
	before := r.leader
	r.leader = leader
	if !elected {
		r.lost = [rivalLosses]time.Time{}
		return
	}
	if before == r.self && leader != r.self && leader != "" {
		r.name = leader
		copy(r.lost[:], r.lost[1:])
		r.lost[rivalLosses-1] = now
	}
}

// rival names the other process, empty where there is none.
func (r *rivals) rival(now time.Time) string {
	if r.lost[0].IsZero() || now.Sub(r.lost[0]) > rivalWindow {
		return ""
	}
	return r.name
}

// Rival names a process of another deployment that leads by turns with this one, which is
// elected; empty where there is none.
func (r *Runner) Rival() string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.rivals.rival(time.Now())
}

// Self is how this process presents itself in the journal.
func (r *Runner) Self() string { return r.rivals.self }
