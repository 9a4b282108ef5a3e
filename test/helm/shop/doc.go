// Package shop plays the scenes of test/engines with Helm's SDK: a shop whose stock is a release.
// It is in the module of the tests of the chart, which has Helm already, and apart from those since
// it needs the CRDs and the operator's rights on its control plane.
package shop
