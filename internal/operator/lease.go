package operator

import "k8s.io/apimachinery/pkg/types"

// sharedLease names the Lease by which the replicas of this deployment elect one of them: no other
// deployment has it. It is empty where they elect nobody.
func (o Options) sharedLease() (lease types.NamespacedName, err error) {
	if !o.leaderElect {
		return lease, nil
	}
	lease = types.NamespacedName{Namespace: o.leaderElectionNamespace, Name: o.leaderElectionID}
	if lease.Namespace == "" {
		lease.Namespace, err = ownNamespace()
	}
	return lease, err
}
