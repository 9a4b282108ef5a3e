// Package helm holds the tests of the Helm chart in dist/chart, with Helm's SDK against a real
// kube-apiserver: what it installs is what config/default installs, and it can be upgraded, rolled
// back and removed without the stock.
//
// It is a module of its own, so that the product does not depend on Helm. No Pod runs here.
//
// Callers owe it the control plane's binaries: "make controlplane" builds them.
package helm
