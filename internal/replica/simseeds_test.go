//go:build !race

package replica_test

// usualSeeds is how many seeds are played unless SEEDS says otherwise.
const usualSeeds = 400
