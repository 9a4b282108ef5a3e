package chaos

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/books"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// copies is how many clients send one command at the same time.
const copies = 10

// TestSameIDConcurrently has clients send the same command at the same time to two
// replicas, some with another body under the same id, some again after an answer
// that they did not wait for. Each id comes to one Reservation and one outcome,
// of whichever body came first.
func TestSameIDConcurrently(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, "same id concurrently, changed body")
	random := rand.New(rand.NewPCG(seedOf(t), 0))
	ids := (faultreport.Rounds(t, 1000) + copies - 1) / copies

	w := testbed.NewWorld(t)
	sink := w.NewSink()
	w.Declare("mug", "mug", "amsterdam", int64(2*ids)) // for about two thirds
	flags := append([]string{"--sink", sink.URL()}, testbed.PatientLease...)
	a := w.Launch(w.Kubeconfig, flags...)
	b := w.Launch(w.Kubeconfig, flags...)
	a.AwaitReady()
	b.AwaitReady()
	bridges := []string{a.Bridge, b.Bridge}

	began := time.Now()
	groups := make([][]copyOf, ids)
	for i := range groups {
		groups[i] = copiesOf(random, i)
	}
	verdicts := make([][]*verdictOf, ids)
	testbed.InParallel(ids, func(i int) { verdicts[i] = sendAll(w, bridges, i, groups[i]) })
	t.Logf("%d commands in %v", ids*copies, time.Since(began).Round(time.Millisecond))
	fault.Injected(ids * copies)

	stored := map[string]*v1.Reservation{}
	all := w.Journal().Carts()
	for _, r := range all {
		stored[string(r.Cart)] = books.Shown(w.Namespace, r)
	}
	if len(stored) != ids || len(all) != ids {
		fault.Violated("%d ids came to %d reservations", ids, len(stored))
	}
	judgeCopies(fault, stored, verdicts)
	w.Settle()
	sink.Check()
}

// copiesOf are the copies of one command. CloudEvents of one source and id are one
// command however they travel; an Idempotency-Key is another one's.
func copiesOf(random *rand.Rand, i int) []copyOf {
	group := make([]copyOf, copies)
	plain := random.IntN(3) == 0
	quantity := 1 + random.Int64N(4)
	for c := range group {
		by := testbed.PlainHTTP
		if !plain {
			by = []testbed.Transport{testbed.BinaryMode, testbed.StructuredMode}[random.IntN(2)]
		}
		group[c] = copyOf{id: fmt.Sprintf("id-%d", i), by: by, quantity: quantity, impatient: random.IntN(8) == 0}
		if random.IntN(4) == 0 {
			group[c].quantity += 1 + random.Int64N(2)
		}
	}
	return group
}

// sendAll sends the copies of a command at once and returns when all have been
// answered.
func sendAll(w *testbed.World, bridges []string, i int, group []copyOf) []*verdictOf {
	verdicts := make([]*verdictOf, len(group))
	var sending sync.WaitGroup
	for c, one := range group {
		sending.Go(func() {
			attempts := i + c
			verdict, err := one.send(w.Context(), func() string { attempts++; return bridges[attempts%len(bridges)] })
			if err != nil {
				w.Error(err)
				return
			}
			verdicts[c] = verdict
		})
	}
	sending.Wait()
	return verdicts
}

// judgeCopies checks what all copies were told against what is stored.
func judgeCopies(fault *faultreport.Fault, stored map[string]*v1.Reservation, verdicts [][]*verdictOf) {
	seen := map[string]bool{}
	for _, group := range verdicts {
		var first *verdictOf
		for _, v := range group {
			if v != nil && !v.reused {
				first = v
				break
			}
		}
		if first == nil {
			fault.Violated("no copy of a command was taken: %+v", group)
			continue
		}
		r := stored["cart-"+first.id]
		if r == nil || seen[r.Name] {
			fault.Violated("%s has no reservation of its own: told %s", first.id, first.told)
			continue
		}
		seen[r.Name] = true
		for _, v := range group {
			if v != nil {
				judgeCopy(fault, r, first, v)
			}
		}
	}
}

func judgeCopy(fault *faultreport.Fault, r *v1.Reservation, first, v *verdictOf) {
	fault.Checked(1)
	won := r.Spec.Items[0].Quantity == v.quantity
	switch {
	case won == v.reused:
		fault.Violated("%s with %d units was refused as reused: %v, and the reservation is of %d units", v.id, v.quantity, v.reused, r.Spec.Items[0].Quantity)
	case v.reused:
	case v.refused == r.WasReserved():
		fault.Violated("%s was told %s, and its reservation is %s", v.id, v.told, r.Status.Phase)
	case v.told != first.told || v.reservation != first.reservation:
		fault.Violated("%s was told\n%s %s\nand\n%s %s", v.id, first.reservation, first.told, v.reservation, v.told)
	}
	if event, ok := events.Outcome(r); !ok || v.by != testbed.PlainHTTP && !v.reused && v.told != string(event.Data()) {
		fault.Violated("%s was told %s, and its event says %s", v.id, v.told, event.Data())
	}
}
