package journal

import (
	"context"
	"fmt"
)

// ReadPages reads all pages of a namespace at one version, past all caches, for those who
// only read. Errors are the API server's own, wrapped: forbidden, not found where the kind is
// not served.
func ReadPages(ctx context.Context, client *Client, namespace string) ([]Page, error) {
	store := NewStore(ctx, client, namespace, nil, StoreOptions{}) // it performs nothing, so it sends nothing
	_, pages, err := store.list(ctx)
	if err != nil {
		return nil, fmt.Errorf("list JournalPages of %s: %w", namespace, err)
	}
	return pages, nil
}
