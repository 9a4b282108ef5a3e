// Package earlier gives tests the earlier version of the operator that hack/versions names: its
// binary and its files, from git.
//
// It builds nothing twice: binaries are kept by commit under bin/versions. It changes nothing in
// the checkout beside that, and needs no network where the modules of the earlier go.mod are in
// the module cache. A clone without that commit fails the test and says how to get it.
package earlier
