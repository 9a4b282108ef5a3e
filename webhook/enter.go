package webhook

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/namespaces"
)

// patience is how long a request waits for what may come in a moment: that this process has
// read a journal, or, where nobody can be asked, is elected.
const patience = time.Second

// enterToAsk returns the journal in which a command is decided. It fails if the caller may not do
// what the command does, and with an *elsewhereError if another process leads.
func (b *bridge) enterToAsk(ctx context.Context, x *exchange, namespace string) (Journal, error) {
	if err := b.allowed(ctx, x, namespace); err != nil {
		return nil, err
	}
	if _, known := b.Namespaces.Find(namespace); !known {
		if err := b.Namespaces.Serves(ctx, namespace); err != nil {
			return nil, err
		}
		if err := b.mayBegin(ctx, namespace); err != nil {
			return nil, err
		}
	}
	j, err := b.Namespaces.Open(ctx, namespace)
	if err != nil {
		return nil, err
	}
	x.journal = j
	r := roleIn(j)
	if err := r.failure(namespace); err != nil {
		return nil, err
	}
	if !r.decides() {
		return nil, decidedElsewhere(j)
	}
	return j, b.catchUp(ctx, x, j)
}

// enterToRead returns the journal from which a query is answered, nil if the namespace has none:
// then nothing was ever decided in it. It fails if the caller may not see what the query asks for.
func (b *bridge) enterToRead(ctx context.Context, x *exchange, namespace string) (Journal, error) {
	if err := b.allowed(ctx, x, namespace); err != nil {
		return nil, err
	}
	j, ok := b.Namespaces.Find(namespace)
	if !ok {
		if outside := (*namespaces.OutsideError)(nil); errors.As(b.Namespaces.Serves(ctx, namespace), &outside) {
			return nil, outside
		}
		// A query begins nothing where nothing is.
		if has, err := b.hasJournal(ctx, namespace); err != nil || !has {
			return nil, err
		}
		var err error
		if j, err = b.Namespaces.Open(ctx, namespace); err != nil {
			return nil, err
		}
	}
	x.journal = j
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := awaitRead(short, namespace, j); err != nil {
		return nil, orElse(err, "this replica has not read the journal of namespace %s yet: ask again", namespace)
	}
	return j, b.catchUp(ctx, x, j)
}

// mayBegin refuses to begin a journal in a namespace that has neither a StockItem nor a journal nor
// the label v1.ServeLabel. Otherwise whoever reaches the bridge could begin one anywhere.
func (b *bridge) mayBegin(ctx context.Context, namespace string) error {
	for _, kind := range []string{"StockItemList", "JournalPageList"} {
		if has, err := b.hasAny(ctx, namespace, kind); has || err != nil {
			return err
		}
	}
	var object metav1.PartialObjectMetadata
	object.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "Namespace"})
	err := b.Objects.Get(ctx, client.ObjectKey{Name: namespace}, &object)
	switch {
	case apierrors.IsNotFound(err):
		return &namespaces.MissingError{Namespace: namespace}
	case err != nil:
		return err
	case object.Labels[v1.ServeLabel] == "true":
		return nil
	default:
		return fail(notFound, "there is no StockItem in namespace %s: declare one, or label the namespace %s=true", namespace, v1.ServeLabel)
	}
}

// hasJournal reads past the caches whether there is a journal in a namespace.
func (b *bridge) hasJournal(ctx context.Context, namespace string) (bool, error) {
	return b.hasAny(ctx, namespace, "JournalPageList")
}

// hasAny reads past the caches whether there is an object of a kind in a namespace.
func (b *bridge) hasAny(ctx context.Context, namespace, kind string) (bool, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(v1.GroupVersion.WithKind(kind))
	err := b.Objects.List(ctx, list, client.InNamespace(namespace), client.Limit(1))
	return len(list.Items) > 0, err
}

// catchUp waits until State includes the position that the caller has been told before.
func (b *bridge) catchUp(ctx context.Context, x *exchange, j Journal) error {
	if x.after == (allocator.Position{}) {
		return nil
	}
	if err := j.Await(ctx, x.after); err != nil {
		return orElse(err, "this replica has not reached the position that the request names: repeat it unchanged")
	}
	return nil
}

// orElse is an error as a failure of its own, or as what is said instead.
func orElse(err error, format string, args ...any) error {
	if s := (*elsewhereError)(nil); errors.As(err, &s) {
		return s
	}
	if f := asFailure(err); f != nil {
		return f
	}
	f := fail(tryLater, format, args...)
	f.cause = err
	return f
}
