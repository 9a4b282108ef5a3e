//go:build race

package testbed

// raceDetector says that the tests run with the race detector.
const raceDetector = true
