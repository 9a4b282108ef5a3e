//go:build !race

package allocator

const underRace = false
