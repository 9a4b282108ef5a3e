package knative

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/test/knative/node"
)

const (
	// carts is how many commands a storm sends, of which units can be served.
	carts = 1000
	units = 900
	// producers send at the same time.
	producers = 8
)

func TestEveryCommandByReplyHasOneOutcome(t *testing.T) { storm(setUp(t, byReply)) }
func TestEveryCommandBySinkHasOneOutcome(t *testing.T)  { storm(setUp(t, bySink)) }

// storm sends commands while operators are killed and restarted, and counts outcomes.
func storm(s *shop) {
	product := s.stock(units)
	from := time.Now()
	sending := s.sendAll(s.broker, "storm", product)
	faults := s.disturb()
	sending.Wait()
	s.await("an outcome of every command", func() bool { return len(s.outcomes()) == carts })
	took := time.Since(from)
	if !faults.over() {
		s.Errorf("all outcomes came before the last fault")
	}
	s.checkOutcomes()
	s.checkStock(product)
	s.Logf("%d outcomes in %.1f s through %d faults, %d events more than once", carts, took.Seconds(), len(faults.all), s.duplicates())
}

// sendAll sends the commands of a test from some producers at the same time.
func (s *shop) sendAll(url, prefix, product string) *sync.WaitGroup {
	var sending sync.WaitGroup
	var next atomic.Int64
	for range producers {
		sending.Go(func() {
			for i := next.Add(1); i <= carts; i = next.Add(1) {
				if err := s.send(url, reserve(fmt.Sprintf("%s-%d", prefix, i), product)); err != nil {
					s.Error(err)
				}
			}
		})
	}
	return &sending
}

// outcomes are the identities of the outcomes of each of the test's commands.
func (s *shop) outcomes() map[string]map[identity]string {
	s.Helper()
	all := map[string]map[identity]string{}
	for _, e := range s.caused("outcomes") {
		cause := e.attributes["causationid"]
		if all[cause] == nil {
			all[cause] = map[identity]string{}
		}
		all[cause][e.identity()] = e.attributes["type"]
	}
	return all
}

// duplicates is how many events came that had come before.
func (s *shop) duplicates() int {
	s.Helper()
	seen := map[identity]bool{}
	all := s.caused("outcomes")
	for _, e := range all {
		seen[e.identity()] = true
	}
	return len(all) - len(seen)
}

// checkOutcomes checks that each command has one outcome once nothing is under way, that
// as many are reserved as there are units, and that none is a dead letter.
func (s *shop) checkOutcomes() {
	s.Helper()
	s.await("the sink to have everything", func() bool {
		return must(s, "get", "ledger", "default", "-n", s.namespace, "-o", "jsonpath={.status.totals.undelivered}") == "0"
	})
	kinds := map[string]int{}
	for cause, identities := range s.outcomes() {
		if len(identities) != 1 {
			s.Errorf("command %s has the outcomes %v", cause, identities)
		}
		for _, kind := range identities {
			kinds[kind]++
		}
	}
	if kinds[events.TypeReserved] != units || kinds[events.TypeUnavailable] != carts-units {
		s.Errorf("outcomes by type are %v, want %d reserved and the rest unavailable", kinds, units)
	}
	for _, e := range s.caused("dead-letters") {
		s.Errorf("a dead letter: %v", e.attributes)
	}
}

// checkStock checks that all units are held, and none is counted twice.
func (s *shop) checkStock(product string) {
	s.Helper()
	var level struct{ Available, Reserved int64 }
	s.get("http://inventory-bridge.inventory-system/namespaces/shop/stock/"+product, &level)
	if level.Available != 0 || level.Reserved != units {
		s.Errorf("the stock is %+v, want %d reserved and nothing left", level, units)
	}
	s.await("the StockItem to show it", func() bool {
		return must(s, "get", "stockitem", s.item(), "-n", s.namespace, "-o", "jsonpath={.status.reserved}") == strconv.Itoa(units)
	})
}

// faults are what is done to the operators as outcomes arrive.
type faults struct {
	s    *shop
	done chan struct{}
	all  []func() error
}

// disturb kills and restarts operators: one at a time, and both at once.
func (s *shop) disturb() *faults {
	f := &faults{s: s, done: make(chan struct{})}
	one := func(i int, by syscall.Signal) func() error {
		return func() error { return operators()[i].Signal(by) }
	}
	f.all = []func() error{
		one(0, syscall.SIGKILL), one(1, syscall.SIGTERM), one(1, syscall.SIGKILL), one(0, syscall.SIGTERM),
		func() error {
			for _, p := range operators() {
				if err := p.Signal(syscall.SIGKILL); err != nil {
					return err
				}
			}
			return nil
		},
	}
	go func() {
		defer close(f.done)
		for i, fault := range f.all {
			// Spread over the outcomes, so that each meets commands under way.
			for len(s.outcomes()) < (i+1)*carts/(len(f.all)+2) {
				select {
				case <-s.Context().Done():
					return
				case <-time.After(50 * time.Millisecond):
				}
			}
			if err := fault(); err != nil {
				s.Error(err)
			}
		}
	}()
	return f
}

func (f *faults) over() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// operators are the two replicas of config/default.
func operators() []*node.Pod { return cluster.node.Pods("inventory-system", "inventory-operator") }

// get reads JSON from the bridge.
func (s *shop) get(url string, into any) {
	s.Helper()
	s.await("an answer of "+url, func() bool {
		response, err := client.Get(url)
		if err != nil {
			return false
		}
		defer func() { _ = response.Body.Close() }()
		return response.StatusCode == http.StatusOK && decodeBody(response, into) == nil
	})
}
