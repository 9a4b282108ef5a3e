// Package e2e tests the operator as its users meet it: the real binary, under
// the rights of config/rbac, against a real kube-apiserver and etcd, spoken to
// through the bridge and the Kubernetes API, and killed at the worst moments.
//
// It holds tests only. The operators of one test are stopped when it ends; the
// control plane is shared by all tests, which keep apart by namespaces.
package e2e
