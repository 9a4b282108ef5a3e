// Command chaos runs every fault suite there is, one after the other, and ends
// with one table: what was injected how often, what was checked, what was
// violated, how slow the slowest recovery was. The same goes to
// .run/chaos.json.
//
// It is a plan (plan.go) and a runner: the suites are ordinary Go tests that
// can be run alone, and each decides by itself whether it fails. Beyond that,
// chaos fails when a fault was injected less often than the plan says, so that
// a suite cannot quietly do nothing.
//
// Callers owe it KUBEBUILDER_ASSETS: make chaos sets it.
package main
