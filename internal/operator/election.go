package operator

import (
	"context"
	"fmt"
	"os"
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
	lock   resourcelock.Interface
	o      Options
	mu     sync.Mutex
	become func(elected bool)
}

// newElection returns an election whose results are told to become.
func newElection(config *rest.Config, o Options, become func(elected bool)) (*election, error) {
	e := &election{o: o, become: become}
	if !o.leaderElect {
		return e, nil
	}
	namespace := o.leaderElectionNamespace
	if namespace == "" {
		var err error
		if namespace, err = ownNamespace(); err != nil {
			return nil, err
		}
	}
	var err error
	e.lock, err = resourcelock.NewFromKubeconfig(resourcelock.LeasesResourceLock, namespace, o.leaderElectionID,
		resourcelock.ResourceLockConfig{Identity: o.identity() + "_" + uuid.NewString()}, config, o.renewDeadline)
	if err != nil {
		return nil, fmt.Errorf("make the lease %s/%s: %w", namespace, o.leaderElectionID, err)
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
func (e *election) run(ctx context.Context) error {
	if !e.o.leaderElect {
		e.become(true)
		<-ctx.Done()
		return nil
	}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: e.lock, LeaseDuration: e.o.leaseDuration, RenewDeadline: e.o.renewDeadline, RetryPeriod: e.o.retryPeriod,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: e.won,
			OnStoppedLeading: e.lost,
		},
	})
	if err != nil {
		return fmt.Errorf("stand for election: %w", err)
	}
	wait.UntilWithContext(ctx, elector.Run, time.Millisecond)
	return nil
}

// won may come after lost, from a goroutine of its own.
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
