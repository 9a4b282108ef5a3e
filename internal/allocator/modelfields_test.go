package allocator

import (
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// How the parts of a state are encoded for its fingerprint.

func (e *printer) allocations(list []v1.Allocation) {
	e.num(int64(len(list)))
	for _, a := range list {
		e.num(a.Quantity)
		e.num(a.Consumed)
		e.num(a.Released)
		e.num(a.LastConsumed)
	}
}

func (e *printer) takes(list []v1.Take) {
	e.num(int64(len(list)))
	for _, t := range list {
		e.num(t.Quantity)
	}
}

func (e *printer) hold(h *v1.InFlightHold) {
	e.str(string(h.UID))
	e.stamp(h.ReservedAt.Time)
	e.allocations(h.Allocations)
}

func (e *printer) fold(f *v1.Fold) {
	if f == nil {
		e.num(0)
		return
	}
	e.num(f.ID)
	e.num(int64(len(f.Units)))
	for _, u := range f.Units {
		e.num(u.Quantity)
	}
	e.num(int64(len(f.Reservations)))
	for _, r := range f.Reservations {
		e.str(string(r.UID))
		e.takes(r.Takes)
		e.takes(r.Lost)
	}
}

func (e *printer) ledger(s *v1.StockLedgerStatus) {
	e.str(s.Holder)
	e.num(s.Epoch)
	e.token(s.Token)
	e.flag(s.Recovered)
	e.num(int64(len(s.InFlight)))
	for i := range s.InFlight {
		e.hold(&s.InFlight[i])
	}
	e.fold(s.OpenFold)
	e.num(s.LastFold)
	e.num(s.Totals.Items)
	e.num(s.Totals.OnHand)
	e.num(s.Totals.Reserved)
	e.num(s.Totals.Available)
	e.num(s.Totals.Consumed)
	e.num(s.Totals.InFlight)
	e.flag(meta.IsStatusConditionTrue(s.Conditions, v1.ConditionReady))
}

func (e *printer) item(item *v1.StockItem) {
	e.num(item.Generation)
	e.num(item.Spec.Received)
	e.num(item.Status.ObservedGeneration)
	e.num(item.Status.OnHand)
	e.num(item.Status.Reserved)
	e.num(item.Status.Available)
	e.num(item.Status.Consumed)
}

func (e *printer) tally(s *v1.StockTallyStatus) {
	e.num(s.LastFold)
	e.takes(s.Entries)
	e.str(s.Fence)
}

func (e *printer) cart(r *v1.Reservation) {
	e.str(string(r.Spec.Intent))
	for _, items := range [2][]v1.PartialItem{r.Spec.ConsumeItems, r.Spec.ReleaseItems} {
		e.num(int64(len(items)))
		for _, item := range items {
			e.num(item.Quantity)
		}
	}
	e.str(string(r.CurrentPhase()))
	e.allocations(r.Status.Allocations)
	e.flag(r.Status.DecidedAt != nil)
	if r.Status.DecidedAt != nil {
		e.stamp(r.Status.DecidedAt.Time)
	}
	e.num(r.Status.FoldID)
	e.str(r.Status.Fence)
}

func (e *printer) uids(list []types.UID) {
	e.num(int64(len(list)))
	for _, uid := range list {
		e.str(string(uid))
	}
}

// stock encodes what a process counts.
func (e *printer) stock(s ledger.Snapshot) {
	e.num(int64(len(s.Items)))
	for _, item := range s.Items {
		e.ver(kindItem, item.Version)
		e.num(item.Declared)
		e.num(item.Sellable)
	}
	e.num(int64(len(s.Shelves)))
	for _, shelf := range s.Shelves {
		e.num(shelf.Reserved)
		e.num(shelf.Consumed)
	}
	e.num(int64(len(s.Holds)))
	for _, h := range s.Holds {
		e.str(string(h.UID))
		e.ver(kindCart, h.Version)
		e.num(h.FoldID)
		e.allocations(h.Allocations)
	}
	e.num(int64(len(s.Tallies)))
	for _, t := range s.Tallies {
		e.ver(kindTally, t.Version)
		e.num(t.LastFold)
		e.takes(t.Entries)
	}
	e.fold(s.Fold)
	e.takes(s.Unsaid)
	e.uids(s.Gone)
	e.ver(kindItem, s.ItemFloor)
	e.ver(kindCart, s.HoldFloor)
}
