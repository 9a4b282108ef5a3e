package auditor

import (
	"context"
	"fmt"

	"github.com/acme/inventory-service/internal/journal"
)

// pageReader reads pages past all caches.
type pageReader interface {
	// list reads all pages at one version.
	list(ctx context.Context, namespace string) ([]journal.Page, error)
	// get reads one page, nil where there is none.
	get(ctx context.Context, namespace, name string) (*journal.Page, error)
}

// storedPages are those of an API server.
type storedPages struct {
	client  *journal.Client
	options journal.StoreOptions
}

func (s storedPages) list(ctx context.Context, namespace string) ([]journal.Page, error) {
	event, err := s.perform(ctx, namespace, journal.List{})
	if err != nil {
		return nil, err
	}
	listed, ok := event.(journal.Listed)
	if !ok {
		return nil, fmt.Errorf("list the pages of namespace %s: answered by %T", namespace, event)
	}
	return listed.Pages, listed.Err
}

func (s storedPages) get(ctx context.Context, namespace, name string) (*journal.Page, error) {
	event, err := s.perform(ctx, namespace, journal.Get{Name: name})
	if err != nil {
		return nil, err
	}
	got, ok := event.(journal.Got)
	if !ok {
		return nil, fmt.Errorf("read page %s of namespace %s: answered by %T", name, namespace, event)
	}
	return got.Page, got.Err
}

// perform has one effect performed, and nothing of it is left when it returns.
func (s storedPages) perform(ctx context.Context, namespace string, effect journal.Effect) (journal.Event, error) {
	ctx, cancel := context.WithCancel(ctx)
	events := make(chan journal.Event)
	store := journal.NewStore(ctx, s.client, namespace, events, s.options)
	defer store.Wait()
	defer cancel()
	store.Perform(effect)
	select {
	case event := <-events:
		return event, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
