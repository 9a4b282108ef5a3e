//go:build race

package allocator

// shallower is by how many steps less the model is searched: one goroutine does that for each
// world, so that nothing could race, and the detector makes it ten times as long. make chaos
// searches all of it.
const shallower = 2
