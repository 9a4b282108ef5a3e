// Package lifecycle is the life of a Reservation as pure functions: what is due
// for it now, and what its status looks like after each step.
//
// It decides no stock and does no I/O. Callers write the changed status with a
// compare-and-swap on the resourceVersion they read, and treat the step as
// taken only when that write has succeeded.
package lifecycle
