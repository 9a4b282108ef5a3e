// Package recovery loses clusters, and moves shops between them: on two API servers, with what
// docs/disaster-recovery.md says to do.
package recovery
