package soak

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

var (
	duration = flag.Duration("soak", 0, "how long the soak lasts; 0 skips it")
	seed     = flag.Uint64("seed", 1, "what the clients and the faults draw from")
)

func TestMain(m *testing.M) { os.Exit(testbed.Main(m)) }

// Time is compressed: the journal's bound is as low as can be, so that it is reached within
// minutes and everything is forgotten and written over many times.
const journalLimit = "8388608"

const (
	clients  = 12
	products = 20
	// received is more than can be sold in any soak.
	received = 1_000_000_000
	// disturbEvery is the pause between two restarts or freezes.
	disturbEvery = 45 * time.Second
	sampleEvery  = 15 * time.Second
	// growth is how much the last third may be above the one before it.
	growth = 1.25
)

func TestSoak(t *testing.T) {
	if *duration == 0 {
		t.Skip("give -soak 30m")
	}
	s := start(t)
	end := time.Now().Add(*duration)
	load, stopLoad := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for i := range clients {
		running.Go(func() { s.shop(load, rand.New(rand.NewPCG(*seed, uint64(i)))) })
	}
	running.Go(func() { s.disturb(load) })
	var samples []sample
	for time.Now().Before(end) {
		time.Sleep(min(sampleEvery, time.Until(end))) // the pace of samples, not of anything that is waited for
		taken := s.sample()
		samples = append(samples, taken)
		t.Logf("%s", taken)
	}
	stopLoad()
	running.Wait()
	t.Logf("%d carts, %d of them refused; %d consumed, %d released; %d answers were 503, %d commands were never answered",
		s.carts.Load(), s.refused.Load(), s.consumed.Load(), s.released.Load(), s.later.Load(), s.lost.Load())
	judge(t, samples)
	s.settle()
}

// soak is the world of one soak.
type soak struct {
	*testbed.World
	// mu guards operators, which are replaced by whoever disturbs.
	mu        sync.RWMutex
	operators [2]*process

	carts, refused, consumed, released, later, lost atomic.Int64
}

// process is an operator and where its metrics are.
type process struct {
	*testbed.Operator
	bridge, metrics string
}

func start(t *testing.T) *soak {
	s := &soak{World: testbed.OwnWorld(t)}
	for i := range products {
		s.Declare(fmt.Sprintf("p-%d", i), fmt.Sprintf("p-%d", i), "ams", received)
	}
	s.Declare("none", "none", "ams", 0)
	for i := range s.operators {
		s.operators[i] = &process{bridge: testbed.FreeAddress(s.World), metrics: testbed.FreeAddress(s.World)}
		s.launch(i)
	}
	s.AwaitLedger(func(l *v1.StockLedger) bool { return testbed.LedgerReady(&l.Status) })
	return s
}

func (s *soak) launch(i int) {
	p := s.operators[i]
	o := s.LaunchAt(p.bridge, s.Kubeconfig, "--metrics-address", p.metrics, "--journal-limit", journalLimit,
		"--audit-interval", "1m")
	o.AwaitReady()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.operators[i] = &process{Operator: o, bridge: p.bridge, metrics: p.metrics}
}

// disturb restarts, kills or freezes one of the operators now and then.
func (s *soak) disturb(ctx context.Context) {
	random := rand.New(rand.NewPCG(*seed, clients))
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(disturbEvery):
		}
		i := random.IntN(len(s.operators))
		s.mu.RLock()
		o := s.operators[i]
		s.mu.RUnlock()
		switch n % 3 {
		case 0:
			o.Stop()
			s.launch(i)
		case 1:
			o.Kill()
			s.launch(i)
		default:
			o.Signal(syscall.SIGSTOP)
			time.Sleep(8 * time.Second) // longer than a lease
			o.Signal(syscall.SIGCONT)
		}
	}
}

// bridge is the URL of one of the operators.
func (s *soak) bridge(random *rand.Rand) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.operators[random.IntN(len(s.operators))].Bridge
}

// settle checks what is left once nobody asks for anything: the audit agrees, and what is
// gone for good is what was told to be.
func (s *soak) settle() {
	asked := time.Now().Format(time.RFC3339Nano)
	ledger := s.AwaitLedger(func(*v1.StockLedger) bool { return true })
	ledger.Annotations = map[string]string{v1.AuditRequestedAnnotation: asked}
	s.Must(s.Client.Update(s.Context(), ledger))
	ledger = s.AwaitLedger(func(l *v1.StockLedger) bool {
		return l.Status.Audit != nil && l.Status.Audit.LastHandledRequest == asked
	})
	for _, c := range ledger.Status.Conditions {
		if c.Type == v1.ConditionConsistent && c.Status != metav1.ConditionTrue {
			s.Errorf("the audit says %s: %s", c.Reason, c.Message)
		}
	}
	if d := ledger.Status.Audit.LastDifference; d != nil {
		s.Errorf("an audit found %s: %s", d.At, d.Summary)
	}
	told := s.consumed.Load()
	if got := ledger.Status.Totals.Consumed; got < told || got > told+s.lost.Load() {
		s.Errorf("%d units were told to be consumed, and %d commands were never answered; the ledger shows %d", told, s.lost.Load(), got)
	}
}
