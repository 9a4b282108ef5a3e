package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/test/testbed"
)

// TestCostOfAReservation counts every mutating request of the project's kinds
// and of Leases in the API server's own metrics, from the first cart until all
// totals have settled. The cost must not depend on the size of the carts.
func TestCostOfAReservation(t *testing.T) {
	const carts = 200
	for _, size := range []int{1, 10} {
		t.Run(fmt.Sprintf("%d items a cart", size), func(t *testing.T) {
			// A control plane of its own: nobody else may be counted.
			cp := testbed.ControlPlane(t, controlplane.Options{UnsafeNoFsync: true})
			w := testbed.WorldOn(t, cp)
			w.Operate(testbed.PatientLease...)
			items := make([]v1.ReservationItem, size)
			for i := range items {
				items[i] = testbed.Line(fmt.Sprintf("product-%d", i), 1)
				w.Stock(fmt.Sprintf("item-%d", i), items[i].ProductID, "amsterdam", carts)
			}
			w.Settle()

			before, began := mutations(t, cp), time.Now()
			testbed.InParallel(carts, func(i int) {
				name := fmt.Sprintf("cart-%d", i)
				w.Reservation(name, items...)
				w.AwaitPhase(name, v1.PhaseReserved)
			})
			w.Settle()
			each := report(t, before, mutations(t, cp), time.Since(began)) / carts
			t.Logf("%.3f writes per reservation", each)
			if each > 2.5 {
				t.Errorf("a reservation of %d items took %.3f writes: want 2 and a share of a page's, at most 2.5", size, each)
			}
		})
	}
}

// TestCostOfAConsume counts the writes of consuming Reservations that are held
// already, beyond the client's own change of the intent. CONSUMES sets how many.
func TestCostOfAConsume(t *testing.T) {
	consumes := 1000
	if set := os.Getenv("CONSUMES"); set != "" {
		var err error
		if consumes, err = strconv.Atoi(set); err != nil {
			t.Fatal(err)
		}
	}
	cp := testbed.ControlPlane(t, controlplane.Options{UnsafeNoFsync: true})
	w := testbed.WorldOn(t, cp)
	w.Operate(testbed.PatientLease...)
	w.Stock("item", "product", "amsterdam", int64(consumes))
	name := func(i int) string { return fmt.Sprintf("cart-%d", i) }
	testbed.InParallel(consumes, func(i int) { w.Reservation(name(i), testbed.Line("product", 1)) })
	w.AwaitItem("item", func(i *v1.StockItem) bool { return i.Status.Reserved == int64(consumes) })
	w.Settle()

	before, began := mutations(t, cp), time.Now()
	testbed.InParallel(consumes, func(i int) { w.Patch(name(i), `{"spec":{"intent":"Consume"}}`) })
	w.AwaitItem("item", func(i *v1.StockItem) bool { return i.Status.Consumed == int64(consumes) })
	w.Settle()
	total := report(t, before, mutations(t, cp), time.Since(began))
	each := total/float64(consumes) - 1
	t.Logf("%.3f writes per consume beyond the client's own", each)
	if each > 1.2 {
		t.Errorf("a consume took %.3f writes: want 1 and a share of a page's, at most 1.2", each)
	}
}

// TestWhatIsSent looks at the operator's own requests: a status is all that it sends of
// what it updates, nothing carries managedFields, and caches begin with lists, which
// cost the API server a fraction of what watches that bring everything do.
func TestWhatIsSent(t *testing.T) {
	w := testbed.NewWorld(t)
	proxy := w.Proxied()
	var mu sync.Mutex
	updates := map[string]int{}
	proxy.Record(func(sent testbed.Write) {
		var object map[string]json.RawMessage
		if sent.Method != http.MethodPut && sent.Method != http.MethodPost || json.Unmarshal(sent.Body, &object) != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if kind, status := strings.CutSuffix(sent.Resource, "/status"); status {
			updates[kind]++
			if object["spec"] != nil {
				t.Errorf("a status of %s goes with its spec: %s", kind, sent.Body)
			}
		}
		if bytes.Contains(object["metadata"], []byte(`"managedFields"`)) {
			t.Errorf("%s %s goes with managedFields: %s", sent.Method, sent.Resource, sent.Body)
		}
	})
	begins := &beginnings{}
	proxy.See(begins)
	o := w.Launch(proxy.Kubeconfig, testbed.PatientLease...)
	o.AwaitReady()
	w.Stock("mug", "mug", "amsterdam", 10)
	o.Send(testbed.AsBinary, testbed.Message{ID: "1", Source: "/checkout", Type: "com.acme.inventory.reserve.v1",
		Data: []byte(`{"cartId":"c1","items":[{"productId":"mug","quantity":2}]}`)}).Want(t, http.StatusOK)
	w.Settle()

	mu.Lock()
	defer mu.Unlock()
	for _, kind := range []string{"reservations", "stockitems", "stockledgers"} {
		if updates[kind] == 0 {
			t.Errorf("no status of %s was written", kind)
		}
	}
	if lists, streams := begins.lists.Load(), begins.streams.Load(); lists == 0 || streams > 0 {
		t.Errorf("caches began with %d lists and %d watches of everything: want lists alone", lists, streams)
	}
}

// beginnings counts how caches begin, and leaves them to the API server.
type beginnings struct{ lists, streams atomic.Int32 }

// View implements testbed.Views.
func (b *beginnings) View(v *testbed.View) bool {
	switch {
	case !v.IsWatch():
		b.lists.Add(1)
	case v.WantsAll():
		b.streams.Add(1)
	}
	return false
}

// report logs what was written by kind, and returns the sum of what is not written by the clock.
func report(t *testing.T, before, after map[string]float64, took time.Duration) float64 {
	t.Helper()
	var total, paced float64
	for kind, count := range after {
		t.Logf("%-22s %5.0f", kind, count-before[kind])
		if byTime[kind] {
			paced += count - before[kind]
		} else {
			total += count - before[kind]
		}
	}
	if most := pacedBurst + pacedEach*took.Seconds(); paced > most {
		t.Errorf("%.0f writes in %v of what is written by the clock, want at most %.0f", paced, took, most)
	}
	return total
}

// byTime are the writes of which there are so many a second at most, whatever there is to
// show: on a slow machine they are more for each cart.
var byTime = map[string]bool{"leases": true, "stockitems/status": true, "stockledgers/status": true}

// pacedEach is how many of these a second has at most: ten items, a ledger, and a lease
// that is renewed each 300 ms. pacedBurst come at once before and after.
const (
	pacedEach  = 15
	pacedBurst = 30
)

var requestTotal = regexp.MustCompile(`^apiserver_request_total\{.*resource="(reservations|stockitems|stockledgers|journalpages|leases)".*` +
	`subresource="([^"]*)".*verb="(POST|PUT|PATCH|APPLY|DELETE)".*\} (\S+)$`)

// mutations reads how many writes the API server has served, by kind.
func mutations(t *testing.T, cp *controlplane.ControlPlane) map[string]float64 {
	t.Helper()
	clients, err := kubernetes.NewForConfig(cp.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := clients.RESTClient().Get().AbsPath("/metrics").DoRaw(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]float64{}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		match := requestTotal.FindStringSubmatch(lines.Text())
		if match == nil {
			continue
		}
		count, err := strconv.ParseFloat(match[4], 64)
		if err != nil {
			t.Fatal(err)
		}
		kind := match[1]
		if match[2] != "" {
			kind += "/" + match[2]
		}
		counts[kind] += count
	}
	return counts
}
