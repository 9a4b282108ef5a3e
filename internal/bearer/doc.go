// Package bearer keeps the tokens by which this process tells a sink who it is: read from a
// file that somebody else renews, or asked of the API server for its own ServiceAccount and
// one audience.
//
// A token is never logged and is in no error. Whom it may be shown to is the caller's to decide:
// nobody who is reached without TLS, and nobody but the one whose audience it names.
package bearer
