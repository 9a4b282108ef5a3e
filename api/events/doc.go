// Package events is the CloudEvents contract of the Inventory Service: the
// event types, their payloads, one JSON Schema for each payload, how a command
// is read, and how an outcome is written.
//
// Reading is strict about what the contract names and open to what it does not:
// keys are matched with their case, wrong types, duplicate keys, broken UTF-8
// and values out of bounds are refused with an [InvalidError] that names the
// field. Unknown fields of a reserve command and of a stock query are ignored, since
// the contract may grow, unless they are near misses of known ones. A release and a
// consume refuse them: a misspelt "items" would mean everything.
//
// Writing an outcome is the job of [Outcome] alone. The bridge's replies and the
// publisher's events both come from it, so they are the same event, whenever
// and however often it is made.
//
// The package does no I/O and reads no clock. Callers bound the size of what
// they pass to the Decode functions.
package events
