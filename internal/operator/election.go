package operator

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// election says which process should lead. It only keeps processes out of each other's way:
// nothing depends on its being right, and a process that loses it stops deciding, goes on
// serving what it knows, and stands again.
type election struct {
	o Options
	// elector is nil where there is no election: this process leads then.
	elector *leaderelection.LeaderElector
	mu      sync.Mutex
	become  func(elected bool)
	// unreadable names the namespaces whose journals this release cannot read.
	unreadable func() []string
	offers     offers
}

// newElection returns an election whose results are told to become, among processes of which
// some may not read every journal.
func newElection(config *rest.Config, o Options, become func(elected bool), unreadable func() []string) (*election, error) {
	e := &election{o: o, become: become, unreadable: unreadable}
	if !o.leaderElect {
		return e, nil
	}
	name, err := o.sharedLease()
	if err != nil {
		return nil, err
	}
	lock, err := resourcelock.NewFromKubeconfig(resourcelock.LeasesResourceLock, name.Namespace, name.Name,
		resourcelock.ResourceLockConfig{Identity: o.identity() + "_" + uuid.NewString()}, config, o.lease.RenewDeadline)
	if err != nil {
		return nil, fmt.Errorf("make the lease %s: %w", name, err)
	}
	e.elector, err = leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: o.lease.Duration, RenewDeadline: o.lease.RenewDeadline, RetryPeriod: o.lease.RetryPeriod,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: e.won,
			OnStoppedLeading: e.lost,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("stand for election: %w", err)
	}
	return e, nil
}

// inClusterNamespace is where a pod finds the name of its own namespace.
const inClusterNamespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

func ownNamespace() (string, error) {
	text, err := os.ReadFile(inClusterNamespace)
	if err != nil {
		return "", fmt.Errorf("find the namespace of the lease: %w: give --leader-election-namespace, or --leader-elect=false", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// run stands for election until ctx ends, and gives the lease back then.
func (e *election) run(ctx context.Context) {
	if e.elector == nil {
		e.become(true)
		<-ctx.Done()
		return
	}
	wait.UntilWithContext(ctx, e.stand, time.Millisecond)
}

const (
	// offerCheck is how often a leader looks whether it can read every journal.
	offerCheck = time.Second
	// offerFirst is the pause after the first time that it has let others try where it cannot.
	// Pauses double, up to offerLast: all namespaces change their leader then, and there may be
	// nobody who can do better.
	offerFirst = 30 * time.Second
	offerLast  = 8 * time.Minute
	// offerRetries is for how many retry periods others may try.
	offerRetries = 5
)

// offers is when the lease is given back for the sake of journals that this release cannot read.
type offers struct {
	names []string
	last  time.Time
	pause time.Duration
}

// due tells whether it is given back now for these namespaces. Pauses begin anew where they are
// others than before.
func (o *offers) due(now time.Time, names []string) bool {
	if !slices.Equal(names, o.names) {
		o.names, o.pause = names, offerFirst
	}
	if len(names) == 0 || now.Sub(o.last) < o.pause {
		return false
	}
	if !o.last.IsZero() {
		o.pause = min(2*o.pause, offerLast)
	}
	o.last = now
	return true
}

// stand runs for one candidacy. A leader that cannot read a journal gives the lease back and
// stays away for long enough that a process of a newer release takes it, if there is one.
func (e *election) stand(ctx context.Context) {
	standing, resign := context.WithCancel(ctx)
	defer resign()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.elector.Run(standing)
	}()
	look := time.NewTicker(offerCheck)
	defer look.Stop()
	for {
		select {
		case <-ended:
			return
		case now := <-look.C:
			if !e.elector.IsLeader() {
				continue
			}
			names := e.unreadable()
			if !e.offers.due(now, names) {
				continue
			}
			log.Log.WithName("election").Info("this release cannot read a journal, so others may lead now", "namespaces", names)
			resign()
			<-ended
			select {
			case <-time.After(offerRetries * e.o.lease.RetryPeriod):
			case <-ctx.Done():
			}
			return
		}
	}
}

// won tells that this process leads, unless ctx, which ends with the lease, has ended: client-go
// calls it in a goroutine of its own, so it may run after lost.
func (e *election) won(ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ctx.Err() == nil {
		log.Log.WithName("election").Info("this process is to lead")
		e.become(true)
	}
}

func (e *election) lost() {
	e.mu.Lock()
	defer e.mu.Unlock()
	log.Log.WithName("election").Info("this process does not lead")
	e.become(false)
}
