// Package kubectl plays the scenes of test/engines with kubectl itself: apply on the server's and
// on the client's side, with an ApplySet to prune by, as a pipeline would without a GitOps engine.
//
// It needs nothing but the kubectl of the test control plane, and so is part of the product's module.
package kubectl
