// Package cluster reads and writes stock in the API server for the kubectl plugin, with the
// rights of whoever calls it.
//
// It decides nothing: it writes specs, as anybody with kubectl may, and waits until their
// statuses show what became of it. What has no object is learnt from the journal's pages,
// where the caller may read them. Errors say what to do about them.
package cluster
