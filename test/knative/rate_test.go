package knative

import (
	"testing"
	"time"
)

func TestRateByReply(t *testing.T) { measure(setUp(t, byReply)) }
func TestRateBySink(t *testing.T)  { measure(setUp(t, bySink)) }

// measure tells how many outcomes a second come through the broker, and how many
// commands a second the bridge answers that are sent to it by as many producers.
func measure(s *shop) {
	product := s.stock(2 * carts)
	from := time.Now()
	s.sendAll(s.broker, "broker", product).Wait()
	s.await("an outcome of every command", func() bool { return len(s.outcomes()) == carts })
	through := time.Since(from)
	if d := s.duplicates(); d > 0 {
		s.Errorf("%d events came more than once, though nothing failed", d)
	}

	from = time.Now()
	s.sendAll("http://inventory-bridge.inventory-system/namespaces/shop", "direct", product).Wait()
	direct := time.Since(from)
	s.Logf("%.0f outcomes a second through the broker, %.0f answers a second direct",
		carts/through.Seconds(), carts/direct.Seconds())
}
