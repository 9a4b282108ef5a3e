package webhook

import (
	"context"
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
)

// patience is how long a request waits for what may come in a moment: that this process has
// read a journal, or, where nobody can be asked, is elected.
const patience = time.Second

// enterToAsk returns the journal in which a command is decided, or a *sought where another
// process does that.
func (b *bridge) enterToAsk(ctx context.Context, x *exchange, namespace string) (Journal, error) {
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
		return nil, seek(j)
	}
	return j, b.catchUp(ctx, x, j)
}

// enterToRead returns the journal from which a query is answered; nil where the namespace
// has none, so that nothing was ever decided in it.
func (b *bridge) enterToRead(ctx context.Context, x *exchange, namespace string) (Journal, error) {
	j, ok := b.Namespaces.Find(namespace)
	if !ok {
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

// hasJournal reads past the caches whether there is a journal in a namespace.
func (b *bridge) hasJournal(ctx context.Context, namespace string) (bool, error) {
	pages := &metav1.PartialObjectMetadataList{}
	pages.SetGroupVersionKind(v1.GroupVersion.WithKind("JournalPageList"))
	err := b.Objects.List(ctx, pages, client.InNamespace(namespace), client.Limit(1))
	return len(pages.Items) > 0, err
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
	if s := (*sought)(nil); errors.As(err, &s) {
		return s
	}
	if f := asFailure(err); f != nil {
		return f
	}
	f := fail(tryLater, format, args...)
	f.cause = err
	return f
}
