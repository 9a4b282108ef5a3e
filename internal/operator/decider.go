package operator

import (
	"context"
	"sync"

	"github.com/acme/inventory-service/internal/namespaces"
)

// decider runs the namespaces and the election. It outlives the servers, so that what the
// bridges of this and other replicas have taken in is answered before this process stops;
// then the lease is given back.
type decider struct {
	namespaces *namespaces.Set
	election   *election
	// served are closed when each server has answered everybody.
	served []<-chan struct{}
}

// NeedLeaderElection is false: every process follows the journals.
func (d *decider) NeedLeaderElection() bool { return false }

// Start runs until ctx ends and everything under way has come to its end.
func (d *decider) Start(ctx context.Context) error {
	deciding, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	standing, stand := context.WithCancel(context.WithoutCancel(ctx))
	defer stand()
	var followed error
	var following, standingFor sync.WaitGroup
	following.Go(func() { followed = d.namespaces.Start(deciding) })
	standingFor.Go(func() { d.election.run(standing) })
	<-ctx.Done()
	for _, ended := range d.served {
		<-ended
	}
	stop()
	following.Wait()
	stand()
	standingFor.Wait()
	return followed
}

// ending is a runnable that tells when it has ended.
type ending struct {
	run   func(ctx context.Context) error
	ended chan struct{}
}

// NeedLeaderElection is false: standbys serve too.
func (e ending) NeedLeaderElection() bool { return false }

// Start runs it.
func (e ending) Start(ctx context.Context) error {
	defer close(e.ended)
	return e.run(ctx)
}
