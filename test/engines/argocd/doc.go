// Package argocd plays the scenes of test/engines with the code with which Argo CD compares,
// synchronizes and prunes, and with the health scripts of config/gitops/argocd, run as Argo CD runs
// them. It also has the API server check those manifests by Argo CD's own schemas.
//
// It is a module of its own, so that the product does not depend on Argo CD, and it holds the
// libraries of Kubernetes at the last minor version that Argo CD's engine compiles with. The
// operator that it tests is built from the product's own module all the same.
package argocd
