// Package node runs the Deployments and StatefulSets of a control plane as
// processes of this machine: the part of a kubelet, of kube-proxy and of the
// controllers of Kubernetes that a test of manifests needs.
//
//	inside, code, err := node.Enter() // in TestMain
//	...
//	n, err := node.Start(ctx, node.Options{ControlPlane: cp, Programs: programs})
//	defer n.Stop()
//
// What it gives:
//
//   - A network of its own (Enter), with no way out of it: nothing that listens on a
//     wildcard address can be reached from elsewhere.
//
//   - Each Pod is a process with a network namespace, an address and all ports of
//     its own, the environment and arguments of its manifest, and a kubeconfig of its
//     ServiceAccount. It is probed for readiness, and started again whenever it ends.
//
//   - Services: their names resolve, their ports lead to the Pods that are ready,
//     and their Endpoints say so.
//
//   - A change of a template replaces the Pods as a rolling update does.
//
//   - Statuses of Deployments and StatefulSets, and the rules of aggregated ClusterRoles.
//
//   - Volumes of Secrets, kept up to date, and empty directories.
//
//   - Pod objects of StatefulSets, whose names controllers rely on.
//
// What it does not give: other Pod objects, containers beyond the first, other volumes,
// liveness and startup probes, limits of any kind, NetworkPolicies, UDP, EndpointSlices,
// kubectl logs and exec. Images whose name is none of Options.Programs are not run.
//
// It needs Linux and root. Callers owe it Stop; what it runs dies with the caller.
package node
