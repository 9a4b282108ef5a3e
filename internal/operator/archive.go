package operator

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/acme/inventory-service/internal/archive/lookup"
	"github.com/acme/inventory-service/internal/namespaces"
)

// newArchive returns what tells the bridge what journals have forgotten, nil where nothing does.
// Whether it can be asked is nobody's concern at start, or of readiness.
func (p *parts) newArchive() (*lookup.Archive, error) {
	if !p.o.archive.Given() {
		return nil, nil //nolint:nilnil // its absence is an answer
	}
	archive := lookup.New(lookup.Options{Database: &p.o.archive, Logger: ctrl.Log.WithName("archive"), Cluster: p.cluster})
	return archive, p.Add(closing{archive})
}

// cluster is the uid of the namespace kube-system.
func (p *parts) cluster(ctx context.Context) (string, error) {
	system := namespaces.Kind()
	err := p.GetAPIReader().Get(ctx, client.ObjectKey{Name: "kube-system"}, system)
	return string(system.UID), err
}

// closing closes an archive at the end, on every replica.
type closing struct{ archive *lookup.Archive }

var _ manager.LeaderElectionRunnable = closing{}

func (c closing) Start(ctx context.Context) error {
	<-ctx.Done()
	go c.archive.Close() // a database that is frozen keeps nobody from ending
	return nil
}

func (closing) NeedLeaderElection() bool { return false }
