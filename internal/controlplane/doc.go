// Package controlplane starts, stops and supervises a real etcd and
// kube-apiserver on this machine, for tests, benchmarks and local runs.
//
//	cp, err := controlplane.Start(ctx, controlplane.Options{})
//	if err != nil { ... }
//	defer cp.Stop()
//	err = controlplane.Apply(ctx, cp.RESTConfig(), "tests", "config/crd")
//
// What it gives:
//
//   - etcd with fsync, unless Options.UnsafeNoFsync; data survive Stop, a crash
//     and the next Start if Options.Dir is set.
//   - kube-apiserver with RBAC, default admission, and working ServiceAccount
//     tokens. Certificates, the admin's token and the ServiceAccount signing key
//     are made anew by each Start, so a kubeconfig lasts as long as its
//     ControlPlane, however often its servers are killed and started.
//   - More API servers on the same etcd, each with its own way to it if need be:
//     see AddAPIServer.
//   - All listen on 127.0.0.1 only. etcd's port asks for no credentials: whoever
//     can log in to the machine can read and write the data.
//   - On Linux they die with the process that called Start, even if that is
//     killed. Elsewhere a Start on the same Dir removes what such a death left.
//
// What it does not give: there is no controller manager, scheduler or node. So a
// deleted Namespace stays Terminating, owner references delete nothing, no
// Namespace gets a "default" ServiceAccount, aggregated ClusterRoles (admin,
// edit, view) stay empty, and Pods stay Pending.
//
// The binaries come from "make controlplane", or from KUBEBUILDER_ASSETS. Tests
// get a control plane from the package controlplanetest.
package controlplane
