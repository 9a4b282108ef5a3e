//go:build !race

package allocator_test

// usualSeeds is how many seeds are played unless SEEDS says otherwise.
const usualSeeds = 400
