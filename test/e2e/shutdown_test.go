package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/test/testbed"
)

// TestShutdownDrains: an operator that is told to stop under load answers everything that it has taken
// in, takes nothing more, gives the lease back, and ends; nothing that it said is lost.
func TestShutdownDrains(t *testing.T) {
	w := testbed.NewWorld(t)
	flags := append([]string{"--show", "none"}, testbed.LongLease...) // nothing is shown behind that would be waited for
	first := w.Operate(flags...)
	w.Stock("mug", "mug", "amsterdam", 100_000)
	second := w.Operate(flags...)

	const shoppers = 32
	var said sync.Map // carts that were answered 201, by what was said
	var answered, refused atomic.Int64
	var told atomic.Bool
	var shopping sync.WaitGroup
	for shopper := range shoppers {
		shopping.Go(func() {
			for n := 0; ; n++ {
				cart := fmt.Sprintf("cart-%d-%d", shopper, n)
				code, body, err := tryReserve(first, cart)
				if err != nil {
					if told.Load() && (errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET)) {
						return // it was not taken in
					}
					t.Errorf("%s was cut off: %v", cart, err)
					return
				}
				switch code {
				case http.StatusCreated:
					answered.Add(1)
					said.Store(cart, body)
				case http.StatusServiceUnavailable:
					refused.Add(1)
				default:
					t.Errorf("%s is answered %d: %s", cart, code, body)
				}
			}
		})
	}
	for deadline := time.Now().Add(testbed.Patience); answered.Load() < 5*shoppers; time.Sleep(time.Millisecond) { // a poll of what other goroutines count
		if time.Now().After(deadline) {
			t.Fatalf("%d carts are answered 201, %d 503", answered.Load(), refused.Load())
		}
	}
	told.Store(true)
	began := time.Now()
	first.Signal(syscall.SIGTERM)
	select {
	case <-first.Exited:
	case <-time.After(testbed.Patience):
		t.Fatal("it does not end")
	}
	took := time.Since(began)
	shopping.Wait()
	if code := first.Command.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
	w.Ask(testbed.Reserve("after", testbed.PlainHTTP, testbed.Item("mug", 1)), second)
	next := time.Since(began)
	carts := 0
	said.Range(func(cart, first any) bool {
		if carts++; carts <= 50 { // some of them
			got := second.Request(http.MethodPost, "/reservations", body(cart.(string)), "Content-Type", "application/json", "Idempotency-Key", cart.(string))
			if got.Code != http.StatusCreated || string(got.Body) != first.(string) {
				t.Errorf("%s was told %s, and now %d %s", cart, first, got.Code, got.Body)
			}
		}
		return true
	})
	t.Logf("ended %s after SIGTERM, the next one decided after %s; %d were answered 201, %d 503", took, next, answered.Load(), refused.Load())
}

func body(cart string) []byte {
	return fmt.Appendf(nil, `{"cartId":%q,"items":[{"productId":"mug","quantity":1}]}`, cart)
}

// tryReserve posts a cart to an operator that may be gone.
func tryReserve(o *testbed.Operator, cart string) (code int, answer string, err error) {
	request, err := http.NewRequest(http.MethodPost, o.Bridge+"/reservations", bytes.NewReader(body(cart)))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", cart)
	got, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	return got.StatusCode, string(text), err
}

// TestMetricsOfTheBridge: what operators need to see of load and of the journal is there, and each
// says what it is.
func TestMetricsOfTheBridge(t *testing.T) {
	w := testbed.NewWorld(t)
	o := w.Operate("--metrics-address", testbed.FreeAddress(w))
	w.Stock("mug", "mug", "amsterdam", 5)
	w.Ask(testbed.Reserve("one", testbed.BinaryMode, events.Item{ProductID: "mug", Quantity: 1}), o)
	names := []string{
		"inventory_bridge_requests_total", "inventory_bridge_request_duration_seconds", "inventory_bridge_in_flight", "inventory_bridge_connections_closed_total",
		"inventory_journal_writes_total", "inventory_journal_write_duration_seconds", "inventory_journal_batch_size", "inventory_journal_waiting",
	}
	told := o.AwaitMetrics("all that there should be", func(metrics string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return !strings.Contains(metrics, "\n"+name) })
	})
	for _, name := range names {
		if !strings.Contains(told, "# HELP "+name+" ") {
			t.Errorf("%s says nothing of what it is", name)
		}
	}
	if !strings.Contains(told, `inventory_journal_writes_total{result="conflicted"}`) {
		t.Error("conflicts cannot be alerted on before there is one")
	}
}
