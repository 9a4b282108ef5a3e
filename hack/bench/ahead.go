package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/lifecycle"
)

// ahead is the experiment past the floor: a cart is answered as soon as one write of
// the ledger names it, with all that is needed to make its Reservation, and the two
// writes of the Reservation follow. It is an upper bound of what such a service could
// do, for it decides nothing, watches nothing and survives nothing.
type ahead struct {
	// Window is how many answered carts may wait for their Reservation.
	Window int `json:"window"`
	// Burst is the rate at which an empty window is filled, and BurstSeconds how
	// long that takes.
	Burst        float64 `json:"burst_rate"`
	BurstSeconds float64 `json:"burst_s"`
	// Sustained is the rate with a full window.
	Sustained float64 `json:"sustained_rate"`
	// P50 is of the time to the answer with a full window.
	P50 float64 `json:"p50_ms"`
	// Lag is the time by which what kubectl shows is behind the answers: by Little's
	// law, the holds in the ledger over the rate.
	Lag float64 `json:"lag_ms"`
	// Ledger is the size of the largest ledger until the window was filled once, in
	// bytes of JSON. It is not looked at later, so as not to slow the writer.
	Ledger int `json:"ledger_bytes"`
}

// aheadNamespace is the experiment's.
const aheadNamespace = "bench-ahead"

// aheads plays the experiment with each window.
func (b *bench) aheads(ctx context.Context, windows []int) (all []ahead, err error) {
	defer func() { err = errors.Join(err, b.lab.clear(context.WithoutCancel(ctx), aheadNamespace)) }()
	for _, window := range windows {
		if err := b.lab.stock(ctx, aheadNamespace, workload{}); err != nil {
			return all, err
		}
		if err := b.lab.quiet(ctx); err != nil {
			return all, err
		}
		a, err := b.lab.ahead(ctx, window, b.measure)
		if err != nil {
			return all, fmt.Errorf("answering ahead by up to %d: %w", window, err)
		}
		fmt.Printf("  ahead by up to %5d: burst %7.0f/s for %.2f s, then %7.0f/s\n", a.Window, a.Burst, a.BurstSeconds, a.Sustained)
		all = append(all, a)
	}
	return all, nil
}

// aheadClients are as many as in the other cells.
const aheadClients = 64

// aheadItems are what every cart wants, as in hot.
var aheadItems = []v1.ReservationItem{{ProductID: product(0), Quantity: 1}}

// journal is the ledger of the experiment, with one writer.
type journal struct {
	lab    *lab
	ledger *v1.StockLedger
	window int

	asked chan aheadCart       // carts that want an answer
	made  chan types.UID       // carts whose Reservation is there
	todo  chan v1.InFlightHold // carts that were answered
	// answers are the times at which carts were answered, and of those the asked.
	answers []answer
	largest int
}

type aheadCart struct {
	hold     v1.InFlightHold
	asked    time.Time
	answered chan struct{}
}

type answer struct{ asked, at time.Time }

// ahead fills the window and goes on for a while.
func (l *lab) ahead(ctx context.Context, window int, measure time.Duration) (a ahead, err error) {
	ledger := &v1.StockLedger{ObjectMeta: metav1.ObjectMeta{Namespace: aheadNamespace, Name: v1.LedgerName}}
	if err := client.IgnoreAlreadyExists(l.admin.Create(ctx, ledger)); err != nil {
		return a, err
	}
	if err := l.admin.Get(ctx, client.ObjectKeyFromObject(ledger), ledger); err != nil {
		return a, err
	}
	j := &journal{
		lab: l, ledger: ledger, window: window,
		asked: make(chan aheadCart, aheadClients), made: make(chan types.UID, window), todo: make(chan v1.InFlightHold, window),
	}
	shopping, stop := context.WithCancel(ctx)
	defer stop()
	clients, _ := errgroup.WithContext(ctx)
	for range aheadClients {
		clients.Go(func() error { return j.shop(shopping) })
	}
	workers, working := errgroup.WithContext(ctx)
	for range aheadClients {
		workers.Go(func() error { return j.follow(working) })
	}
	began := time.Now()
	err = j.write(working, measure)
	stop()
	close(j.todo)
	err = errors.Join(err, clients.Wait(), workers.Wait())
	if err != nil {
		return a, err
	}
	return j.sum(began), nil
}

// sum makes the figures of the answers.
func (j *journal) sum(began time.Time) ahead {
	burst := j.answers[j.window-1].at
	rest := j.answers[j.window:]
	late := sample{elapsed: rest[len(rest)-1].at.Sub(burst)}
	for _, a := range rest {
		late.latencies = append(late.latencies, a.at.Sub(a.asked))
	}
	a := ahead{
		Window: j.window, BurstSeconds: burst.Sub(began).Seconds(), Sustained: late.rate(),
		P50: ms(late.quantile(0.5)), Ledger: j.largest,
	}
	a.Burst = float64(j.window) / a.BurstSeconds
	a.Lag = 1000 * float64(j.window) / a.Sustained
	return a
}

// shop sends one cart after the other.
func (j *journal) shop(ctx context.Context) error {
	for {
		id := uuid.NewString()
		cart := aheadCart{asked: time.Now(), answered: make(chan struct{}), hold: newHold(types.UID(id), id, aheadItems, 15*time.Minute)}
		select {
		case j.asked <- cart:
		case <-ctx.Done():
			return nil
		}
		select {
		case <-cart.answered:
		case <-ctx.Done():
			return nil
		}
	}
}

// follow makes the Reservations of carts that were answered.
func (j *journal) follow(ctx context.Context) error {
	for hold := range j.todo {
		r := newReservation(aheadNamespace, hold.Name, aheadItems)
		if err := j.lab.admin.Create(ctx, r); err != nil {
			return err
		}
		hold.UID = r.UID
		lifecycle.Reserve(r, hold)
		if err := j.lab.admin.Status().Update(ctx, r); err != nil {
			return err
		}
		j.made <- types.UID(hold.Name)
	}
	return nil
}

// write is the only writer of the ledger: each write names all carts that were asked
// for meanwhile and fit, and drops those that are made.
func (j *journal) write(ctx context.Context, measure time.Duration) error {
	open := map[types.UID]v1.InFlightHold{}
	filled := time.Time{}
	var order []types.UID
	var waiting []v1.InFlightHold
	for {
		batch, err := j.gather(ctx, open)
		if err != nil {
			return err
		}
		order = slices.DeleteFunc(order, func(uid types.UID) bool { _, waits := open[uid]; return !waits })
		for _, cart := range batch {
			open[cart.hold.UID] = cart.hold
			order = append(order, cart.hold.UID)
		}
		j.ledger.Status.InFlight = j.ledger.Status.InFlight[:0]
		for _, uid := range order {
			j.ledger.Status.InFlight = append(j.ledger.Status.InFlight, open[uid])
		}
		if err := j.lab.admin.Status().Update(ctx, j.ledger); err != nil {
			return fmt.Errorf("write the ledger with %d holds: %w", len(order), err)
		}
		now := time.Now()
		if filled.IsZero() {
			text, err := json.Marshal(j.ledger)
			if err != nil {
				return err
			}
			j.largest = max(j.largest, len(text))
		}
		for _, cart := range batch {
			j.answers = append(j.answers, answer{cart.asked, now})
			close(cart.answered)
			waiting = append(waiting, cart.hold)
		}
		waiting = j.hand(waiting, len(open))
		if filled.IsZero() && len(j.answers) >= j.window {
			filled = now
		}
		if !filled.IsZero() && now.Sub(filled) > measure {
			return nil
		}
	}
}

// hand gives answered carts to those who make their Reservations: to a few while there
// is room for more answers, which need the API server, and to all once there is none.
func (j *journal) hand(waiting []v1.InFlightHold, open int) []v1.InFlightHold {
	const few = 4
	making := open - len(waiting)
	for len(waiting) > 0 && making < max(few, aheadClients*(2*open-j.window)/j.window) {
		j.todo <- waiting[0] // has room for the window
		waiting = waiting[1:]
		making++
	}
	return waiting
}

// gather takes what waits, at least one, and forgets what is made.
func (j *journal) gather(ctx context.Context, open map[types.UID]v1.InFlightHold) (batch []aheadCart, err error) {
	for {
		asked := j.asked
		if len(open)+len(batch) >= j.window {
			asked = nil
		}
		if len(batch) > 0 {
			select {
			case cart := <-asked:
				batch = append(batch, cart)
				continue
			case uid := <-j.made:
				delete(open, uid)
				continue
			default:
				return batch, nil
			}
		}
		select {
		case cart := <-asked:
			batch = append(batch, cart)
		case uid := <-j.made:
			delete(open, uid)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
