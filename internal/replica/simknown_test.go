package replica_test

// What the production steps are known to do wrong. Each bound keeps the simulation from
// stopping there; whoever mends a step takes its bound away.
const (
	// knownRefused: where the one request of a batch is refused for good and its caller has
	// left meanwhile, Replica.refused takes the next one off the queue in its place, or
	// panics if there is none. Here, who asks for something poisoned waits.
	knownRefused = true
	// knownFounding: who founds a journal notes the versions that its watch brings, and goes
	// on over the newest when the answer to its own first term comes later than others' writes:
	// these are overwritten (seed 780). Here, its watch brings nothing until it has the answer.
	knownFounding = true
)

// deaf tells whether a process's watch has to wait.
func (p *process) deaf() bool {
	return knownFounding && p.replica.Log().Stage() == "founding"
}
