package e2e

import (
	"net/http"
	"syscall"
	"testing"
	"time"
)

// shortLease lets a standby take over soon.
var shortLease = []string{"--lease-duration", "2s", "--renew-deadline", "1s", "--retry-period", "200ms"}

// freeze stops the operator in the middle of a write, which is served when the
// operator is thawed, long after its lease. It tells the answer's code.
func freeze(thaw <-chan struct{}, code chan<- int) fault {
	return func(p *passage) {
		o := <-p.victim
		o.signal(syscall.SIGSTOP)
		select {
		case <-thaw:
		case <-time.After(patience):
		}
		answer := p.serve()
		code <- answer.code
		o.signal(syscall.SIGCONT)
		p.deliver(answer)
	}
}

// TestZombie stops the leader in the middle of a write until another operator
// leads and decides, and lets it go on: it believes it still leads, and its
// write comes late.
func TestZombie(t *testing.T) {
	for _, p := range []struct {
		name string
		at   point
	}{
		{"deciding", batch},
		{"committing", commit},
		{"settling", settle},
	} {
		t.Run(p.name, func(t *testing.T) {
			k := newKilling(newWorld(t))
			stock := k.stockScarcely(25, "mug", "plate")
			watched := k.observe(stock.received)
			flags := append([]string{"--sink", k.sink.url()}, shortLease...)
			a := k.launch(k.proxy.kubeconfig, flags...)
			k.proxy.victim <- a
			a.awaitReady()
			watched.await("the first operator lead", func() bool { return len(watched.writers) == 1 })
			b := k.launch(k.kubeconfig, flags...)
			b.awaitReady()

			thaw, code := make(chan struct{}), make(chan int, 1)
			frozen := k.proxy.arm(p.at, freeze(thaw, code))
			const clients, carts = 4, 10 // twice: 80 ask for 50
			both := k.gather(load{name: "both-", clients: clients, carts: carts, bridges: []string{a.bridge, b.bridge}, items: stock.one})
			other := k.gather(load{name: "other-", clients: clients, carts: carts, bridges: []string{b.bridge}, items: stock.one})
			watched.await("the other operator lead", func() bool { return len(watched.writers) == 2 })
			other.await(clients * carts / 2)
			close(thaw)
			awaitClosed(k.world, frozen, "the late write")
			if got := <-code; got != http.StatusConflict {
				t.Errorf("the late write was answered %d, want a conflict", got)
			}
			awaitClosed(k.world, a.exited, "the first operator to see that it leads no more")
			done(k.world, both, other)
			k.settle()
			k.sold(stock.names...)
			k.sink.check()
			watched.stop()
		})
	}
}
