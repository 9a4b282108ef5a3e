package e2e

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// crash is one death of an operator at one of its writes.
type crash struct {
	at  point
	how fault
}

// The three ways to die at a write.
var deaths = []struct {
	name string
	how  fault
}{
	{"before", killBefore},
	{"unanswered", killUnanswered},
	{"answered", killAnswered},
}

// story is a way of a Reservation during which operators die.
type story struct {
	// before is served while nothing breaks; command is repeated until all
	// crashes have happened and it has its outcome.
	before  []command
	command func(reservation string) command
	// starting says that the first operator dies while it starts.
	starting bool
	crashes  []crash
	phase    v1.Phase
}

func cart(by transport, quantity int64) func(string) command {
	return func(string) command {
		return reserve("cart", by, item("mug", quantity), item("plate", 1))
	}
}

// brief is a cart that expires by itself.
func brief(string) command {
	c := cart(binaryMode, 3)("")
	payload := c.payload.(events.ReserveInventory)
	payload.HoldFor = &metav1.Duration{Duration: time.Second}
	c.payload = payload
	return c
}

func giveBack(by transport) func(string) command {
	return func(reservation string) command { return release("back", by, reservation) }
}

// TestKilled kills the operator with SIGKILL at every write between a command
// and the last trace of it, before the write is served, after it without the
// answer, and with it. Started again, it goes on as if nothing had been.
func TestKilled(t *testing.T) {
	reserved := []command{cart(structuredMode, 3)("")}
	for _, p := range []struct {
		name string
		at   point
		story
	}{
		{"creating by binary event", createReservation, story{command: cart(binaryMode, 3)}},
		{"creating by plain HTTP", createReservation, story{command: cart(plainHTTP, 3)}},
		{"creating the ledger", createLedger, story{command: cart(binaryMode, 3), starting: true}},
		{"taking over", takeOver, story{command: cart(binaryMode, 3), starting: true}},
		{"recovering", firstWrite, story{command: cart(binaryMode, 3), starting: true}},
		{"deciding", batch, story{command: cart(structuredMode, 3)}},
		{"committing", commit, story{command: cart(binaryMode, 3)}},
		{"committing by plain HTTP", commit, story{command: cart(plainHTTP, 3)}},
		{"refusing", refuse, story{command: cart(binaryMode, 8), phase: v1.PhaseUnavailable}},
		{"refusing by plain HTTP", refuse, story{command: cart(plainHTTP, 8), phase: v1.PhaseUnavailable}},
		{"settling", settle, story{command: cart(binaryMode, 3)}},
		{"writing behind", writeBehind, story{command: cart(binaryMode, 3)}},
		{"publishing", publish, story{command: cart(binaryMode, 3)}},
		{"publishing a refusal", publish, story{command: cart(plainHTTP, 8), phase: v1.PhaseUnavailable}},
		{"intending a release", intend, story{before: reserved, command: giveBack(binaryMode), phase: v1.PhaseReleased}},
		{"intending a release by plain HTTP", intend, story{before: reserved, command: giveBack(plainHTTP), phase: v1.PhaseReleased}},
		{"releasing", free, story{before: reserved, command: giveBack(binaryMode), phase: v1.PhaseReleased}},
		{"expiring", free, story{command: brief, phase: v1.PhaseReleased}},
		{"emptying the ledger", emptied, story{before: reserved, command: giveBack(binaryMode), phase: v1.PhaseReleased}},
	} {
		for _, death := range deaths {
			t.Run(p.name+"/"+death.name, func(t *testing.T) {
				p.crashes = []crash{{p.at, death.how}}
				p.run(newWorld(t))
			})
		}
	}
}

// TestKilledTwice kills the next operator as well, while it cleans up after the
// first one.
func TestKilledTwice(t *testing.T) {
	first := crash{commit, killBefore} // leaves a hold in flight
	for _, p := range []struct {
		name string
		at   point
	}{
		{"taking over what is in flight", takeOver},
		{"rolling forward", commit},
		{"settling what was rolled forward", settle},
		{"publishing what was rolled forward", publish},
	} {
		for _, death := range deaths {
			t.Run(p.name+"/"+death.name, func(t *testing.T) {
				story{command: cart(binaryMode, 3), crashes: []crash{first, {p.at, death.how}}}.run(newWorld(t))
			})
		}
	}
}

// run lives through the story and checks what is left of it.
func (s story) run(w *world) {
	k := newKilling(w)
	k.declare("mug", "mug", "amsterdam", 5)
	k.declare("plate-a", "plate", "amsterdam", 1)
	k.declare("plate-b", "plate", "berlin", 1)
	watched := w.observe(map[string]int64{"mug amsterdam": 5, "plate amsterdam": 1, "plate berlin": 1})

	var o *operator
	reservation := ""
	if !s.starting {
		o = k.start()
		o.awaitReady()
		for _, c := range s.before {
			first := k.ask(c, o)
			k.remember(c, first)
			reservation = first.reservation
			k.settle() // what it wrote behind is not to be mistaken for more
		}
	}
	c := s.command(reservation)
	for _, crash := range s.crashes {
		met := k.arm(crash)
		if o == nil {
			o = k.start()
		}
		k.tryUntilKilled(c, o, met)
		o = nil
	}
	o = k.start()
	o.awaitReady()
	k.remember(c, k.ask(c, o))
	for _, earlier := range append(s.before, c) { // and once more
		k.remember(earlier, k.ask(earlier, o))
	}
	k.finish(s.phase)
	watched.stop()
}

// killing is a world in which operators die.
type killing struct {
	*world
	proxy *proxy
	sink  *sink
	// answers is what was told first, by the command's id.
	answers map[string]*told
}

func newKilling(w *world) *killing {
	w.Helper()
	k := &killing{world: w, proxy: w.proxied(), sink: w.newSink(), answers: map[string]*told{}}
	k.sink.victim = k.proxy.victim
	return k
}

func (k *killing) start() *operator {
	k.Helper()
	o := k.launch(k.proxy.kubeconfig, "--leader-elect=false", "--sink", k.sink.url())
	select {
	case <-k.proxy.victim: // of an earlier start
	default:
	}
	k.proxy.victim <- o
	return o
}

func (k *killing) arm(c crash) <-chan struct{} {
	if c.at.resource == publish.resource {
		return k.sink.arm(c.how)
	}
	return k.proxy.arm(c.at, c.how)
}

// tryUntilKilled sends the command to an operator until that has died.
func (k *killing) tryUntilKilled(c command, o *operator, met <-chan struct{}) {
	k.Helper()
	attempt := make(chan *told, 1)
	go func() {
		answer, err := c.send(k.Context(), o.bridge)
		if err != nil {
			answer = nil // cut off, or it did not listen yet
		}
		attempt <- answer
	}()
	awaitClosed(k.world, met, "the write to break")
	awaitClosed(k.world, o.exited, "the operator's death")
	if answer := <-attempt; answer != nil {
		k.remember(c, answer)
	}
}

// remember checks that an answer is the same as ever.
func (k *killing) remember(c command, answer *told) {
	k.Helper()
	first, repeated := k.answers[c.id]
	if !repeated {
		k.answers[c.id] = answer
	} else if *first != *answer {
		k.Errorf("command %s was answered first\n%s\nand then\n%s", c.id, first.text, answer.text)
	}
}

// finish checks the one Reservation, the totals and the events.
func (k *killing) finish(phase v1.Phase) {
	k.Helper()
	if phase == "" {
		phase = v1.PhaseReserved
	}
	all := k.reservations()
	if len(all) != 1 {
		k.Fatalf("there are %d reservations, want 1", len(all))
	}
	r := k.awaitPhase(all[0].Name, phase)
	k.settle()
	k.sink.check()
	var held int64
	for _, a := range r.Status.Allocations {
		held += a.Quantity
	}
	if want := map[bool]int64{true: 4, false: 0}[r.WasReserved()]; held != want {
		k.Errorf("%d units were allocated, want %d: %v", held, want, r.Status.Allocations)
	}
	for id, answer := range k.answers {
		if id == "cart" && answer.refused == r.WasReserved() {
			k.Errorf("the client was told %s, and the reservation says %s", answer.text, fmt.Sprint(r.Status))
		}
	}
}
