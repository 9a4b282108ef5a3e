// Package e2e tests the operator as its users meet it: the real binary, under
// the rights of config/rbac, against a real kube-apiserver and etcd, spoken to
// through the bridge and the Kubernetes API, while nothing breaks. What happens
// when things do is tested in test/chaos.
//
// It holds tests only.
package e2e
