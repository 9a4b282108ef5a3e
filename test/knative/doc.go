// Package knative tests the service behind real Knative Eventing: its brokers, Triggers,
// SinkBindings and dead-letter sinks, as config/knative and the README set them up.
//
// Everything is the real thing but the machine: etcd and kube-apiserver of the project's
// control plane, Knative's own programs and manifests, built from its module, with its
// admission webhook, and the operator of config/default under its own rights. The package
// node runs them.
//
// What does not run: Knative's sources, its job sink and other brokers and channels than
// MTChannelBasedBroker and InMemoryChannel.
package knative
