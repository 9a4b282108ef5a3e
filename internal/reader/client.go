package reader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
)

// lookAgain is how often the StockLedger is looked at while something is waited for. It is
// written once a second at most.
const lookAgain = 500 * time.Millisecond

// Client speaks for one reader. It is safe for concurrent use.
type Client struct {
	client client.Client
	name   string
}

// New returns the client of a reader. Its name is a DNS label of at most MaxName characters;
// a process that takes another one's place has the same name. c has to read past the caches, and
// needs the rights to get and patch the StockLedger "default" of each namespace, and no more.
func New(c client.Client, name string) (*Client, error) {
	if err := ValidName(name); err != nil {
		return nil, err
	}
	return &Client{client: c, name: name}, nil
}

// ErrNotRegistered says that no leader has noted the reader in time. What was asked for stays
// asked for: to register again is harmless.
var ErrNotRegistered = errors.New("no leader has noted it yet")

// Register says that the reader wants every record of a namespace's journal that follows a
// position, and returns once the journal has it. The zero position means all that there is. It fails with
// ErrNotRegistered when ctx ends before that, and with the API server's error where there is
// no StockLedger yet.
//
// What was dropped before it returns is lost to the reader: list the pages afterwards.
func (c *Client) Register(ctx context.Context, namespace string, at allocator.Position) error {
	if err := c.Report(ctx, namespace, at); err != nil {
		return err
	}
	return c.await(ctx, namespace, true)
}

// Report says how far the reader has read, and returns once the API server has that. Everything up to
// there has to be durable. A position that is not beyond an earlier one changes nothing, and one
// beyond the end of the journal is not taken.
func (c *Client) Report(ctx context.Context, namespace string, at allocator.Position) error {
	return c.annotate(ctx, namespace, Value(at))
}

// Unregister says that the reader wants nothing any more, and returns once no page waits for it.
func (c *Client) Unregister(ctx context.Context, namespace string) error {
	if err := c.annotate(ctx, namespace, Unregistered); err != nil {
		return err
	}
	return c.await(ctx, namespace, false)
}

func (c *Client) annotate(ctx context.Context, namespace, value string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{v1.ReaderAnnotation(c.name): value}}})
	if err != nil {
		return err
	}
	ledger := &v1.StockLedger{}
	ledger.Namespace, ledger.Name = namespace, v1.LedgerName
	if err := c.client.Patch(ctx, ledger, client.RawPatch(types.MergePatchType, patch)); err != nil {
		return fmt.Errorf("annotate StockLedger %s/%s, by which the reader %s tells how far it is: %w", namespace, v1.LedgerName, c.name, err)
	}
	return nil
}

// await returns once the StockLedger shows the reader, or no more.
func (c *Client) await(ctx context.Context, namespace string, shown bool) error {
	var last error
	err := wait.PollUntilContextCancel(ctx, lookAgain, true, func(ctx context.Context) (bool, error) {
		ledger := &v1.StockLedger{}
		last = c.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: v1.LedgerName}, ledger)
		_, is := Find(ledger.Status.Readers, c.name)
		return last == nil && is == shown, nil // what failed is tried again
	})
	if err != nil {
		return fmt.Errorf("reader %s of the journal of namespace %s: %w: see the condition ReadersKeepUp of its StockLedger: %w",
			c.name, namespace, ErrNotRegistered, errors.Join(context.Cause(ctx), last))
	}
	return nil
}

// Find returns what a StockLedger shows of a reader.
func Find(readers []v1.ReaderStatus, name string) (v1.ReaderStatus, bool) {
	for _, r := range readers {
		if r.Name == name {
			return r, true
		}
	}
	return v1.ReaderStatus{}, false
}
