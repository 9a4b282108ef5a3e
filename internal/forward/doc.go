// Package forward brings a command from the replica that took it in to the process that
// leads, over a connection of their own.
//
// Each process makes a Key at its start and states the hash of it, beside the URL of its
// Port, in the header of each page of the journal that it writes. A Client sends to nobody
// but who proves to have the key that was named: a pod's address may belong to another one
// by now. What travels, either way, is a list of headers and the body.
//
// Of a caller's credentials the bearer token travels alone, to the pinned key and to nobody else.
//
// A Port asks no replica who it is: a network policy keeps others than replicas away, and its
// handler reviews the caller's token like one that came to the bridge. All that the marker of Receive allows beyond the bridge's own port is to name the id that a
// command was given, which has to be one that was made at random.
//
// It does not decide whether, when or how often something is sent. Callers owe it the leader
// that the journal names at that moment, commands that may be repeated (an answer may be
// lost after the command was carried out), and handlers that forward nothing that Received
// says was forwarded.
package forward
