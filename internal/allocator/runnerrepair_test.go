package allocator_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// deletePages deletes all pages, as kubectl delete journalpages --all does.
func (s *shop) deletePages() {
	s.tb.Helper()
	client, err := dynamic.NewForConfig(s.config)
	if err != nil {
		s.tb.Fatal(err)
	}
	pages := client.Resource(v1.GroupVersion.WithResource("journalpages")).Namespace(s.namespace)
	list, err := pages.List(s.tb.Context(), metav1.ListOptions{})
	if err != nil {
		s.tb.Fatal(err)
	}
	for i := range list.Items {
		if err := pages.Delete(s.tb.Context(), list.Items[i].GetName(), metav1.DeleteOptions{}); err != nil {
			s.tb.Fatal(err)
		}
	}
}

// damage waits until a process says that the journal is damaged, and returns what it says
// once so satisfies it.
func damage(t *testing.T, r *allocator.Runner, so func(journal.Damage) bool) (d journal.Damage) {
	t.Helper()
	for deadline := time.Now().Add(atMost); ; time.Sleep(10 * time.Millisecond) {
		r.Read(func(_ *stock.State, l *journal.Log) {
			if said := l.Damage(); said != nil {
				d = *said
			}
		})
		if d.Reason != "" && so(d) {
			return d
		}
		if time.Now().After(deadline) {
			t.Fatalf("the damage is %+v", d)
		}
	}
}

// outcomes is how many carts were decided, as far as a process knows.
func outcomes(r *allocator.Runner) (n uint64) {
	r.Read(func(s *stock.State, _ *journal.Log) { n = s.Marks().Outcomes })
	return n
}

// annotate has all processes hear what a person annotates.
func annotate(t *testing.T, text string, all ...*allocator.Runner) {
	t.Helper()
	repair, err := journal.ParseRepair(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		r.Repair(repair)
	}
}

// All pages are deleted under load. Nothing is decided until a person asks for the repair;
// then nothing is lost of what was told, and what is there is sold on, once.
func TestRunnerRepair(t *testing.T) {
	const units, clients, before, after = 300, 16, 150, 400
	s := newShop(t)
	leader, _ := s.start()
	standby, _ := s.start()
	leader.Elect(true)
	receive(t, leader, units)

	var told sync.Map // the outcome of each cart
	var numbers, decided atomic.Int64
	enough := make(chan struct{})
	var group sync.WaitGroup
	to := &atomic.Pointer[allocator.Runner]{}
	to.Store(leader)
	for range clients {
		group.Go(func() {
			for n := int(numbers.Add(1)); n <= after; n = int(numbers.Add(1)) {
				told.Store(n, ask(t, to, cart(n)).Reservation)
				if decided.Add(1) == before {
					close(enough)
				}
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(atMost):
		t.Fatalf("%d carts are decided, want %d", decided.Load(), before)
	}
	s.deletePages()
	said := damage(t, leader, func(d journal.Damage) bool { return d.Proven })
	damage(t, standby, func(d journal.Damage) bool { return d.Proven && d.Position == said.Position })
	// Its clients may note late what they were told before.
	was := outcomes(leader)
	time.Sleep(300 * time.Millisecond)
	if now, known := outcomes(leader), uint64(decided.Load()); now != was || known > was {
		t.Errorf("%d carts are decided and %d told while the journal is damaged, after %d before", now, known, was)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	if answer, err := leader.Ask(ctx, cart(1)); !errors.Is(err, allocator.ErrNoAnswer) {
		t.Errorf("a cart that was decided is answered with %+v, %v", answer, err)
	}
	cancel()
	annotate(t, said.Request(), leader, standby)
	group.Wait()

	reserved := 0
	told.Range(func(n, was any) bool {
		first := was.(*stock.Reservation)
		if first.Phase == stock.PhaseReserved {
			reserved++
		}
		if again := ask(t, to, cart(n.(int))); again.Reservation.Outcome != first.Outcome {
			t.Errorf("cart %d was told %s, and now %s", n, first.Outcome, again.Reservation.Outcome)
		}
		return true
	})
	if reserved != units {
		t.Errorf("%d carts have one of %d units", reserved, units)
	}
	equal(t, leader, standby)
	late, _ := s.start()
	equal(t, leader, late)
}

// Where nobody is left who knows the journal, a person may begin with nothing, and is told
// what that means.
func TestRunnerRepairWithLoss(t *testing.T) {
	s := newShop(t)
	first, stop := s.start()
	first.Elect(true)
	receive(t, first, 5)
	stop()
	s.deletePages()
	fresh, _ := s.start()
	fresh.Elect(true)
	said := damage(t, fresh, func(d journal.Damage) bool { return d.Journal.Journal != "" })
	if said.Proven || said.Position.Page != 0 {
		t.Fatalf("%+v", said)
	}
	annotate(t, said.Request(), fresh)
	receive(t, fresh, 7)
	to := &atomic.Pointer[allocator.Runner]{}
	to.Store(fresh)
	if answer := ask(t, to, cart(1)); answer.Reservation.Phase != stock.PhaseReserved {
		t.Errorf("%+v", answer)
	}
}
