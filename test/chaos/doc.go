// Package chaos tests that nothing is oversold, lost or leaked whatever breaks:
// processes that are killed, frozen or started on a view of the past, writes
// whose answer is lost, watches that skip, repeat or end, API servers, etcd and
// sinks that fail.
//
// It holds tests only, on the harness of test/testbed, and reports what it
// injected and found through test/faultreport. FAULT_ROUNDS sets how many times
// each suite injects its fault; unset, they take the few minutes that fit a
// change's checks.
package chaos
