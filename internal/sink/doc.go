// Package sink is a small receiver of CloudEvents that prints one line for each
// outcome: for trying the service out and for watching what it publishes.
//
// It takes single events in binary and structured mode. An event whose source and id
// it has seen already is marked as a duplicate, as long as it is among the last 100,000
// events: at-least-once delivery at work, not an error. It keeps nothing else, checks no
// credentials, and is no example of how to process events safely.
//
// Whoever serves the handler bounds header sizes and time-outs, as http.Server does.
package sink
