// Package follow hands on what a namespace's journal says, in order, from the position that its
// caller has stored: each record once, or a plain word that this cannot be.
//
// A page holds all its records and is written over, so after any gap of the watch the pages are
// listed again, and Judge says how what is listed goes on from a position: without a gap, after
// one, or as another history.
//
// It writes nothing, and keeps no more than Limit bytes of what its caller has not taken: beyond
// that it drops all of it and lists again once it is asked for more. Callers owe it that they
// judge each whole listing by the position that they stored last.
package follow
