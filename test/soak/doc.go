// Package soak runs the operator for a long time at the bound of its journal, under load,
// with restarts and changes of leader, and watches that nothing grows: neither etcd, nor
// the operator's heap, nor kube-apiserver's memory. It runs only when it is asked for:
//
//	make soak SOAK=30m
package soak
