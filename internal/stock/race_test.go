//go:build race

package stock

// raced says that the race detector is on, under which sizes and times say nothing.
const raced = true
