package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	v1 "github.com/acme/inventory-service/api/v1"
)

const (
	// readyTimeout bounds the wait for the operator: it may first have to wait for
	// the lease of one that was killed.
	readyTimeout = 2 * time.Minute
	pollEvery    = 100 * time.Millisecond
)

// shop reads the shop's objects as the newcomer would.
type shop struct{ client *kubernetes.Clientset }

func newShop(admin *rest.Config) (shop, error) {
	client, err := kubernetes.NewForConfig(admin)
	return shop{client}, err
}

// list reads all objects of one kind.
func (s shop) list(ctx context.Context, resource string, into any) error {
	body, err := s.client.RESTClient().Get().
		AbsPath("/apis", v1.GroupVersion.String(), "namespaces", shopNamespace, resource).DoRaw(ctx)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

// leader names the process that leads; it is empty where none does.
func (s shop) leader(ctx context.Context) (string, error) {
	var ledgers v1.StockLedgerList
	if err := s.list(ctx, "stockledgers", &ledgers); err != nil || len(ledgers.Items) == 0 {
		return "", err
	}
	status := ledgers.Items[0].Status
	if !meta.IsStatusConditionTrue(status.Conditions, v1.ConditionLedgerReady) {
		return "", nil
	}
	return status.Leader, nil
}

// awaitReady returns when the bridge serves, another process leads than the one before,
// and every StockItem shows figures. It returns a product to try.
func (s shop) awaitReady(ctx context.Context, bridgePort int, before string) (product string, err error) {
	url := "http://" + loopback(bridgePort) + "/readyz"
	if err := poll(ctx, "the bridge", func(ctx context.Context) error { return probe(ctx, url) }); err != nil {
		return "", err
	}
	var stock v1.StockItemList
	err = poll(ctx, "the stock", func(ctx context.Context) error {
		stock = v1.StockItemList{}
		if err := s.list(ctx, "stockitems", &stock); err != nil {
			return err
		}
		now, err := s.leader(ctx)
		if err != nil {
			return err
		}
		if !taken(now, before, len(stock.Items)) {
			return errors.New("the operator does not lead yet")
		}
		return settled(stock.Items)
	})
	return productToTry(stock.Items), err
}

// taken tells whether another process leads than the one before. Where there is no stock
// and never was any, there may be no journal to lead.
func taken(now, before string, items int) bool {
	if now == "" {
		return before == "" && items == 0
	}
	return now != before
}

// poll asks until the answer is nil, and fails with the last answer when it takes
// too long, or with why ctx ended.
func poll(ctx context.Context, what string, ask func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, pollEvery, readyTimeout, true, func(ctx context.Context) (bool, error) {
		err := ask(ctx)
		if err != nil && ctx.Err() == nil {
			last = err
		}
		return err == nil, nil
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return fmt.Errorf("%s is not ready after %s: %w", what, readyTimeout, errors.Join(last, err))
}

// probe fails unless a GET is answered with 200.
func probe(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, answer.Status)
	}
	return nil
}

// settled fails while a StockItem shows no figures of its present spec. One that
// counts for nothing, as it is a duplicate, is settled too.
func settled(items []v1.StockItem) error {
	for _, item := range items {
		ready := meta.FindStatusCondition(item.Status.Conditions, v1.ConditionReady)
		if ready == nil || item.Status.ObservedGeneration != item.Generation {
			return fmt.Errorf("StockItem %s has no status yet", item.Name)
		}
	}
	return nil
}

// productToTry is the first product of which a cart of two can be served by one
// location, else any, else one of the samples, which is then out of stock.
func productToTry(items []v1.StockItem) string {
	for _, item := range items {
		if item.Status.Available >= tryUnits {
			return item.Spec.ProductID
		}
	}
	if len(items) > 0 {
		return items[0].Spec.ProductID
	}
	return sampleProduct
}
