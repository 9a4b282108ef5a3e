//go:build race

package allocator_test

// usualSeeds is how many seeds are played unless SEEDS says otherwise: fewer, since the
// race detector makes each ten times as long and there is little that could race.
const usualSeeds = 60
