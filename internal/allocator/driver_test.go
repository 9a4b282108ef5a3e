package allocator

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// driver drives a State by hand.
type driver struct {
	*State
	t   *testing.T
	now time.Time
}

var start = time.Date(2026, 5, 1, 8, 0, 0, 250_000_999, time.UTC)

const (
	me        = "me"
	ledgerUID = types.UID("ledger-1")
)

func drive(t *testing.T) *driver { return &driver{State: NewState(me), t: t, now: start} }

// do applies events and returns the effects of the last.
func (d *driver) do(events ...Event) []Effect {
	var effects []Effect
	for _, e := range events {
		effects = d.Step(d.now, e)
	}
	return effects
}

// expect fails unless effects are these.
func (d *driver) expect(got []Effect, want ...Effect) {
	d.t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		d.t.Fatalf("effects (-want +got):\n%s", diff)
	}
}

// only returns the one effect of a kind among effects, and fails if there is
// not exactly one.
func only[T Effect](t *testing.T, effects []Effect) T {
	t.Helper()
	all := every[T](effects)
	if len(all) != 1 {
		t.Fatalf("%d of %T among %+v, want 1", len(all), *new(T), effects)
	}
	return all[0]
}

// every returns the effects of a kind.
func every[T Effect](effects []Effect) []T {
	var all []T
	for _, effect := range effects {
		if e, ok := effect.(T); ok {
			all = append(all, e)
		}
	}
	return all
}

// stored is a ledger as another leader left it.
func stored(version uint64, epoch int64, inFlight ...v1.InFlightHold) *Stored {
	status := v1.StockLedgerStatus{
		Holder: "other", Epoch: epoch, Recovered: true, Cursor: "41", InFlight: inFlight,
	}
	status.Token = sealed("other/7", ledgerUID, &status)
	return &Stored{UID: ledgerUID, Version: version, Status: status}
}

// landedAt answers a write that succeeded.
func landedAt(w WriteLedger, version uint64) LedgerWritten {
	return LedgerWritten{Term: w.Term, Token: w.Status.Token, Result: Landed, Version: version}
}

// answered answers a write without success.
func answered(w WriteLedger, result WriteResult) LedgerWritten {
	return LedgerWritten{Term: w.Term, Token: w.Status.Token, Result: result}
}

// as is the ledger as this write leaves it.
func as(w WriteLedger, version uint64) *Stored {
	return &Stored{UID: w.UID, Version: version, Status: *w.Status.DeepCopy()}
}

// lead takes over a ledger at version 10, epoch 3, without anything in flight,
// and returns at version 12, at rest.
func (d *driver) lead() {
	d.t.Helper()
	effects := d.do(LedgerSeen{UID: ledgerUID, Version: 10}, Elected{})
	read := only[ReadLedger](d.t, effects)
	fence := only[WriteLedger](d.t, d.do(LedgerRead{Term: read.Term, Stored: stored(10, 3)}))
	catchUp := only[CatchUp](d.t, d.do(landedAt(fence, 11)))
	d.do(CaughtUp{Term: catchUp.Term})
	d.now = d.now.Add(settleDelay)
	write := only[WriteLedger](d.t, d.do(Woken{}))
	d.do(landedAt(write, 12))
	if !d.Leading() || d.base.Version != 12 || d.attempt != nil {
		d.t.Fatalf("leading %t at version %d", d.Leading(), d.base.Version)
	}
}

// stock makes units of product p known, at location a.
func (d *driver) stock(units int64) ItemSeen {
	return ItemSeen{Version: 5, Item: ledger.Item{
		Key: ledger.Key{ProductID: "p", LocationID: "a"}, UID: "item", Name: "item",
		Declared: units, Sellable: units,
	}}
}

// call asks for units of p for a Reservation, for 90.5 seconds.
func call1(call uint64, uid types.UID, quantity int64) ReserveCalled {
	return ReserveCalled{
		Call: call, UID: uid, Name: string(uid), HoldFor: 90*time.Second + 500*time.Millisecond,
		Lines: []v1.ReservationItem{{ProductID: "p", Quantity: quantity}},
	}
}

// holdOf is the hold that call1 gets at a time.
func holdOf(uid types.UID, quantity int64, at time.Time) v1.InFlightHold {
	return v1.InFlightHold{
		UID: uid, Name: string(uid),
		ReservedAt:  metav1.NewMicroTime(at.Truncate(time.Microsecond)),
		ExpiresAt:   metav1.NewTime(at.Add(91 * time.Second).Truncate(time.Second)),
		Allocations: []v1.Allocation{{LocationID: "a", ProductID: "p", Quantity: quantity}},
	}
}

func seen(uid types.UID, version uint64, phase v1.Phase, quantity int64) ReservationSeen {
	e := ReservationSeen{UID: uid, Version: version, Phase: phase}
	if quantity > 0 {
		e.Allocations = []v1.Allocation{{LocationID: "a", ProductID: "p", Quantity: quantity}}
	}
	return e
}

// inFlight are the names of the holds that a write journals.
func inFlight(w WriteLedger) []string {
	names := []string{}
	for _, hold := range w.Status.InFlight {
		names = append(names, hold.Name)
	}
	return names
}

func (d *driver) reserved() int64 { return d.Stock().Totals().Reserved }
