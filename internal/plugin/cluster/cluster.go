package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/replay"
	"github.com/acme/inventory-service/internal/stock"
)

// FieldManager is the name under which fields are written. It does not begin with kubectl, as that
// of the binary does: Flux takes every field back whose manager does.
const FieldManager = "inventory"

// Cluster is an API server as somebody meets it who has logged in. Its methods are safe for
// concurrent use.
type Cluster struct {
	client.WithWatch
	// Pages reads the journal.
	Pages *journal.Client
}

// New returns a Cluster. It asks nothing yet. Requests are not paced here: the API server
// does that.
func New(config *rest.Config) (*Cluster, error) {
	config = rest.CopyConfig(config)
	config.QPS = -1
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("make an HTTP client: %w", err)
	}
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	if err := corev1.AddToScheme(scheme); err != nil { // for the ConfigMaps of a restore
		return nil, err
	}
	general, err := client.NewWithWatch(config, client.Options{Scheme: scheme, HTTPClient: httpClient, Mapper: mapper(), FieldOwner: FieldManager})
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	pages, err := journal.NewClient(config, httpClient)
	if err != nil {
		return nil, err
	}
	return &Cluster{WithWatch: general, Pages: pages}, nil
}

// mapper knows our kinds, and what they live in, so that nobody has to be asked for them.
func mapper() meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(nil)
	for _, kind := range []string{"StockItem", "Reservation", "StockLedger", "JournalPage"} {
		m.Add(v1.GroupVersion.WithKind(kind), meta.RESTScopeNamespace)
	}
	m.Add(schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}, meta.RESTScopeRoot)
	m.Add(schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, meta.RESTScopeNamespace)
	return m
}

// ReadPages reads the pages of a namespace's journal. It fails with ErrUnreadable where the
// caller may not.
func (c *Cluster) ReadPages(ctx context.Context, namespace string) ([]journal.Page, error) {
	pages, err := journal.ReadPages(ctx, c.Pages, namespace)
	if apierrors.IsForbidden(err) {
		return nil, fmt.Errorf("%w in namespace %s: you may not list journalpages there (the ClusterRole inventory-viewer allows it)", ErrUnreadable, namespace)
	}
	return pages, Explained(err)
}

// State is what the journal of a namespace says. Where there is no journal yet it is empty.
// It fails with ErrUnreadable where the caller may not read it, or where it is damaged.
func (c *Cluster) State(ctx context.Context, namespace string) (*stock.State, error) {
	pages, err := c.ReadPages(ctx, namespace)
	if err != nil {
		return nil, err
	}
	state, err := replay.State(pages)
	switch {
	case errors.Is(err, replay.ErrNone):
		return stock.New(), nil
	case err != nil:
		return nil, fmt.Errorf("%w in namespace %s: %w", ErrUnreadable, namespace, err)
	}
	return state, nil
}

// ErrUnreadable says that the journal cannot be read.
var ErrUnreadable = errors.New("the journal cannot be read")

// Explained adds to an error of the API server what to do about it.
func Explained(err error) error {
	var status *apierrors.StatusError
	switch {
	case err == nil:
		return nil
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%w (the ClusterRoles inventory-viewer and inventory-editor allow what they are named for)", err)
	case apierrors.IsNotFound(err) && errors.As(err, &status) && (status.ErrStatus.Details == nil || status.ErrStatus.Details.Name == ""):
		return fmt.Errorf("%s is not served in this cluster: apply config/crd first: %w", v1.GroupVersion, err)
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("%w: log in again", err)
	default:
		return err
	}
}

// IsRefused tells whether the API server looked at what was asked for and said no: a rule or
// the schema does not allow it.
func IsRefused(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && status.Status().Code == http.StatusUnprocessableEntity
}
