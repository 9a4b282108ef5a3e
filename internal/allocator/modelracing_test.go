//go:build race

package allocator

// underRace says that the race detector is on, under which a search is slow and
// proves nothing more: it is single-threaded.
const underRace = true
