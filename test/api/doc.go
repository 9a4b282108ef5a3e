// Package api holds the tests of the API as a real kube-apiserver enforces it:
// every schema bound and CEL rule of config/crd, defaults, field selectors,
// printer columns, the text of kubectl explain, and the ClusterRoles of
// config/rbac.
//
// It tests neither the operator nor what a status means: no operator runs here,
// and the tests write statuses themselves.
//
// Callers owe it the control plane's binaries: "make controlplane" builds them.
package api
