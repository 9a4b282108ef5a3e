// Package flux plays the scenes of test/engines with the code that Flux's kustomize-controller
// applies, prunes and judges objects with, and with the health checks of config/gitops/flux. It
// also has the API server check those manifests by Flux's own schemas.
//
// It is a module of its own, so that the product does not depend on Flux. No controller of Flux
// runs here: what it does around that code is written down in engine_test.go.
package flux
