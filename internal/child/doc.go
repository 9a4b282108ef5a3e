// Package child starts programs that live as long as this process at most: on Linux
// the kernel kills a child whose parent died, elsewhere the file with its process id
// lets the next run find it. A child is in a process group of its own, so that
// Ctrl-C in a terminal reaches the parent alone, which then ends its children in
// order.
//
// It knows nothing of what the programs do, or of when they are ready. Callers end
// what they start, by Kill or Terminate.
package child
