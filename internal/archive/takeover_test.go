package archive_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/inventory-service/internal/controlplane/tcpproxy"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/internal/stock"
)

// One archive after another takes over while carts come, and for a while reaches the API server and
// not the database: what the one before archives meanwhile, which the next had not read yet, is no
// other history, and each record is archived once.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	const times = 2
	w := newWorld(t, remember, postgrestest.URL(t))
	var shoppers sync.WaitGroup
	closed := make(chan struct{})
	for range 2 {
		shoppers.Go(func() {
			for {
				select {
				case <-closed:
					return
				default:
				}
				id := stock.ID(uuid.NewString())
				_, err := w.runner.Ask(t.Context(), stock.Reserve{Hold: 900 * second, Wanted: stock.Reservation{
					ID: id, Outcome: stock.ID(uuid.NewString()), Cart: id, Lines: []stock.Line{{Product: "mug", Quantity: 1}},
					Command: stock.Command{Source: "/shop", ID: id, Time: stock.Time(time.Now().UnixMicro()), Hash: "h"},
				}})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	end := sync.OnceFunc(func() { close(closed); shoppers.Wait() })
	defer end()
	before := w.archive(w.url)
	w.await("the first archives", func() bool {
		var n int
		err := w.pool.QueryRow(t.Context(), "SELECT count(*) FROM journal_positions WHERE namespace = $1", w.namespace).Scan(&n)
		return err == nil && n == 1
	})
	for range times {
		slow, url := slowly(w)
		next := w.archive(url)
		for deadline := time.Now().Add(patience); !strings.Contains(next.log.String(), "This process archives"); time.Sleep(time.Millisecond) { // a poll of what runs beside the test
			if time.Now().After(deadline) {
				t.Fatalf("the next one never archives:\n%s", next.log)
			}
		}
		slow.Freeze()                 // before it has claimed anything
		<-time.After(2 * time.Second) // the fault itself lasts that long
		slow.Thaw()
		select {
		case <-before.ended:
		case <-time.After(patience):
			t.Fatal("the archive that was taken over from goes on")
		}
		before = next
	}
	end()
	w.caughtUp()
	w.want(map[string]int64{
		"SELECT count(*) FROM journal_gaps WHERE namespace = $1":    0,
		"SELECT count(*) FROM journals WHERE namespace = $1":        1,
		"SELECT count(*) FROM superseded_rows WHERE namespace = $1": 0,
	})
}

// slowly is the way to the database through something slow.
func slowly(w *world) (*tcpproxy.Proxy, string) {
	w.Helper()
	u, err := url.Parse(w.url)
	w.must(err)
	proxy, err := tcpproxy.Listen(u.Host)
	w.must(err)
	w.Cleanup(proxy.Close)
	proxy.Delay(30 * time.Millisecond)
	u.Host = proxy.Address()
	return proxy, u.String()
}
