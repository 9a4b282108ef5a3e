package replica_test

// What the production steps are known to do wrong. Each bound keeps the simulation from
// stopping there; whoever mends a step takes its bound away.
const (
	// knownRefused: where the one request of a batch is refused for good and its caller has
	// left meanwhile, Replica.refused takes the next one off the queue in its place, or
	// panics if there is none. Here, who asks for something poisoned waits.
	knownRefused = true
)
