package engines

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/acme/inventory-service/test/testbed"
)

// Health is what an engine thinks of an object, in one set of words for all engines.
type Health string

// The states of health.
const (
	Healthy     Health = "Healthy"
	Progressing Health = "Progressing"
	Degraded    Health = "Degraded"
	// Suspended is told by Argo CD alone.
	Suspended Health = "Suspended"
)

// Object is a manifest, or what became of it.
type Object = unstructured.Unstructured

// Engine is one GitOps engine at work in the namespace of one world.
type Engine interface {
	// Sync has the namespace hold what the manifests say, and nothing that an earlier Sync
	// made and they say no more. It does not wait for health. Manifests may be changed.
	Sync(ctx context.Context, manifests []*Object) error
	// Health is what the engine thinks of an object.
	Health(ctx context.Context, live *Object) (Health, error)
}

// Differ is an engine that tells what a Sync would change.
type Differ interface {
	// Diff names each field that would change, as "item received", by the item's name and the
	// last part of the field's path.
	Diff(ctx context.Context, manifests []*Object) ([]string, error)
}

// Forcer is an engine that can be told to make again what cannot be changed in place.
type Forcer interface {
	// Force is a Sync that is told so.
	Force(ctx context.Context, manifests []*Object) error
}

// Waiter is an engine that waits until what a Sync has brought is healthy.
type Waiter interface {
	// Wait fails at once where one object is Degraded and all others are healthy.
	Wait(ctx context.Context, manifests []*Object) error
}

// Player is an engine to be played with, and how it differs from others.
type Player struct {
	New func(w *testbed.World) Engine
	// AllOrNothing says that a commit of which one object is refused changes nothing at all.
	// Else the other objects are changed.
	AllOrNothing bool
	// OfSuspended is the health of a suspended item, OfShortfall that of one of which more is
	// promised than was received.
	OfSuspended, OfShortfall Health
	// PrunesFirst says that a commit of which one pruning is refused changes nothing else.
	PrunesFirst bool
	// TakesKubectlBack says that what kubectl wrote, in a field that Git leaves out, is undone.
	TakesKubectlBack bool
	// LeavesKubectlApply says that what kubectl apply wrote on the client's side stays, in a field
	// that Git leaves out.
	LeavesKubectlApply bool
	// ForgetsOwners says that a field that Git names no more gets its default, whoever else owns it.
	ForgetsOwners bool
	// LeavesNamespaces says that the namespace is not among the manifests.
	LeavesNamespaces bool
	// ReplacesInPlace says that a Forcer overwrites objects, and makes none again.
	ReplacesInPlace bool
}
