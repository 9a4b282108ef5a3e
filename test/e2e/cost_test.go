package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"k8s.io/client-go/kubernetes"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

// TestCostOfAReservation counts every mutating request of the project's kinds
// and of Leases in the API server's own metrics, from the first cart until all
// totals have settled. The cost must not depend on the size of the carts.
func TestCostOfAReservation(t *testing.T) {
	const carts, clients = 200, 64
	for _, size := range []int{1, 10} {
		t.Run(fmt.Sprintf("%d items a cart", size), func(t *testing.T) {
			// A control plane of its own: nobody else may be counted.
			cp := controlplanetest.Start(t, controlplane.Options{UnsafeNoFsync: true},
				"../../config/default/namespace.yaml", "../../config/crd", "../../config/rbac")
			w := worldOn(t, cp)
			w.operate()
			items := make([]v1.ReservationItem, size)
			for i := range items {
				items[i] = line(fmt.Sprintf("product-%d", i), 1)
				w.stock(fmt.Sprintf("item-%d", i), items[i].ProductID, "amsterdam", carts)
			}
			w.settle()

			before := mutations(t, cp)
			inParallel(carts, clients, func(i int) {
				name := fmt.Sprintf("cart-%d", i)
				w.reservation(name, items...)
				w.awaitPhase(name, v1.PhaseReserved)
			})
			w.settle()
			after := mutations(t, cp)

			total := 0.0
			for kind, count := range after {
				t.Logf("%-22s %4.0f", kind, count-before[kind])
				total += count - before[kind]
			}
			each := total / carts
			t.Logf("%.3f writes per reservation", each)
			if each > 2.5 {
				t.Errorf("a reservation of %d items took %.3f writes: want 2 and a share of a ledger write, at most 2.5", size, each)
			}
		})
	}
}

// inParallel does n things with a number of workers.
func inParallel(n, workers int, do func(i int)) {
	var group sync.WaitGroup
	next := make(chan int)
	for range workers {
		group.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
}

var requestTotal = regexp.MustCompile(`^apiserver_request_total\{.*resource="(reservations|stockitems|stockledgers|leases)".*` +
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
