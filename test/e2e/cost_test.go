package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
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
	const carts = 200
	for _, size := range []int{1, 10} {
		t.Run(fmt.Sprintf("%d items a cart", size), func(t *testing.T) {
			// A control plane of its own: nobody else may be counted.
			cp := controlplanetest.Start(t, controlplane.Options{UnsafeNoFsync: true},
				"../../config/default/namespace.yaml", "../../config/crd", "../../config/rbac")
			w := worldOn(t, cp)
			w.operate(patientLease...)
			items := make([]v1.ReservationItem, size)
			for i := range items {
				items[i] = line(fmt.Sprintf("product-%d", i), 1)
				w.stock(fmt.Sprintf("item-%d", i), items[i].ProductID, "amsterdam", carts)
			}
			w.settle()

			before := mutations(t, cp)
			inParallel(carts, func(i int) {
				name := fmt.Sprintf("cart-%d", i)
				w.reservation(name, items...)
				w.awaitPhase(name, v1.PhaseReserved)
			})
			w.settle()
			each := report(t, before, mutations(t, cp)) / carts
			t.Logf("%.3f writes per reservation", each)
			if each > 2.5 {
				t.Errorf("a reservation of %d items took %.3f writes: want 2 and a share of a ledger write, at most 2.5", size, each)
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
	cp := controlplanetest.Start(t, controlplane.Options{UnsafeNoFsync: true},
		"../../config/default/namespace.yaml", "../../config/crd", "../../config/rbac")
	w := worldOn(t, cp)
	w.operate(patientLease...)
	w.stock("item", "product", "amsterdam", int64(consumes))
	name := func(i int) string { return fmt.Sprintf("cart-%d", i) }
	inParallel(consumes, func(i int) { w.reservation(name(i), line("product", 1)) })
	w.awaitItem("item", func(i *v1.StockItem) bool { return i.Status.Reserved == int64(consumes) })
	w.settle()

	before := mutations(t, cp)
	inParallel(consumes, func(i int) { w.patch(name(i), `{"spec":{"intent":"Consume"}}`) })
	w.awaitItem("item", func(i *v1.StockItem) bool { return i.Status.Consumed == int64(consumes) })
	w.settle()
	total := report(t, before, mutations(t, cp))
	each := total/float64(consumes) - 1
	t.Logf("%.3f writes per consume beyond the client's own", each)
	if each > 1.2 {
		t.Errorf("a consume took %.3f writes: want 1 and a share of the fold's, at most 1.2", each)
	}
}

// report logs what was written by kind and returns the sum.
func report(t *testing.T, before, after map[string]float64) float64 {
	t.Helper()
	total := 0.0
	for kind, count := range after {
		t.Logf("%-22s %5.0f", kind, count-before[kind])
		total += count - before[kind]
	}
	return total
}

// patientLease is renewed as often as the default one, and outlives a machine that
// is busy with other things.
var patientLease = []string{"--lease-duration", "60s", "--renew-deadline", "40s"}

// clients is how many clients there are at a time.
const clients = 64

// inParallel does n things with that many clients.
func inParallel(n int, do func(i int)) {
	var group sync.WaitGroup
	next := make(chan int)
	for range clients {
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

var requestTotal = regexp.MustCompile(`^apiserver_request_total\{.*resource="(reservations|stockitems|stockledgers|stocktallies|leases)".*` +
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
