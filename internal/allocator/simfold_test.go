package allocator

import (
	"errors"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
	"github.com/acme/inventory-service/internal/lifecycle"
)

// errForeign says that the stored ledger is somebody else's.
var errForeign = errors.New("taken over")

// claimShown reads the ledger and tells whether it is still this process's.
func (p *process) claimShown(t *task, claim Claim) error {
	stored, err := call(t, func() (*Stored, error) { return p.w.store.readLedger(), nil })
	if err != nil {
		return err
	}
	if stored == nil || !claim.Shown(stored.UID, &stored.Status) {
		return errForeign
	}
	return nil
}

// rollForward is shard.rollForward.
func (p *process) rollForward(t *task, e RollForward) Event {
	type todo struct {
		name   string
		uid    string
		finish func(r *v1.Reservation) bool
	}
	var todos []todo
	for _, hold := range e.Holds {
		todos = append(todos, todo{hold.Name, string(hold.UID), func(r *v1.Reservation) bool {
			if r.CurrentPhase() != v1.PhasePending {
				return false
			}
			if action, _ := lifecycle.Due(r, p.w.now); action == lifecycle.Release {
				lifecycle.Free(r, p.w.now)
			} else {
				lifecycle.Reserve(r, hold)
			}
			return true
		}})
	}
	if e.Fold != nil {
		for _, folded := range e.Fold.Reservations {
			todos = append(todos, todo{folded.Name, string(folded.UID), func(r *v1.Reservation) bool {
				return lifecycle.Consume(r, e.Fold.ID, folded.Takes, folded.Lost, p.w.now)
			}})
		}
	}
	var answer Event
	t.persist(func() error {
		found := make([]*v1.Reservation, len(todos))
		err := p.lead.all(t, len(todos), func(t *task, i int) error {
			r, err := p.readReservation(t, todos[i].name, types.UID(todos[i].uid))
			if r != nil && todos[i].finish(r) {
				found[i] = r
			}
			return err
		})
		if err != nil {
			return err
		}
		open := slices.DeleteFunc(found, func(r *v1.Reservation) bool { return r == nil })
		answer = RolledForward{Term: e.Term}
		if len(open) == 0 {
			return nil
		}
		if err := p.claimShown(t, e.Claim); errors.Is(err, errForeign) {
			answer = TakenOver{Term: e.Term}
			return nil
		} else if err != nil {
			return err
		}
		return p.lead.all(t, len(open), func(t *task, i int) error { return p.write(t, open[i]) })
	})
	return answer
}

// tallyFold is shard.tallyFold.
func (p *process) tallyFold(t *task, e TallyFold) Event {
	var answer Event = Tallied{Term: e.Term}
	t.persist(func() error {
		shards := byShard(e.Units)
		order := slices.Sorted(maps.Keys(shards))
		err := p.lead.all(t, len(order), func(t *task, i int) error {
			return p.tallyShard(t, e, order[i], shards[order[i]])
		})
		if errors.Is(err, errForeign) {
			answer = TakenOver{Term: e.Term}
			return nil
		}
		return err
	})
	return answer
}

func (p *process) tallyShard(t *task, e TallyFold, shard int32, units []v1.FoldUnits) error {
	name := v1.TallyName(shard)
	tally, err := call(t, func() (*v1.StockTally, error) { return p.w.store.readTally(name) })
	if errors.Is(err, errNotFound) {
		tally, err = call(t, func() (*v1.StockTally, error) { return p.w.store.createTally(name) })
	}
	if err != nil {
		return err
	}
	p.seeTally(tally)
	if tally.Status.LastFold >= e.ID {
		return nil
	}
	if err := p.claimShown(t, e.Claim); err != nil {
		return err
	}
	addUnits(&tally.Status, units)
	tally.Status.LastFold = e.ID
	p.w.logf("%s sends %s with fold %d over version %s", p.name, name, e.ID, tally.ResourceVersion)
	written, err := call(t, func() (*v1.StockTally, error) { return p.w.store.updateTallyStatus(tally) })
	if err != nil {
		return err
	}
	p.seeTally(written)
	return nil
}

func (p *process) seeTally(t *v1.StockTally) {
	if seen, ok := tallySeen(t); ok {
		p.dispatch(seen)
	}
}

// listTallies is shard.listTallies.
func (p *process) listTallies(t *task, e CatchUp) error {
	tallies, err := call(t, func() ([]*v1.StockTally, error) { return p.w.store.listTallies(), nil })
	if err != nil {
		return err
	}
	for _, tally := range tallies {
		if e.Rebuild && tally.Status.Fence != e.Fence {
			given := tally.DeepCopy()
			given.Status.Fence = e.Fence
			tally, err = call(t, func() (*v1.StockTally, error) { return p.w.store.updateTallyStatus(given) })
			if err != nil {
				return err
			}
		}
		p.seeTally(tally)
	}
	return nil
}

// lostFold is shard.lostFold.
func (p *process) lostFold(t *task) (floor int64, lost map[types.UID][]v1.Take, err error) {
	lost = map[types.UID][]v1.Take{}
	for _, phase := range []v1.Phase{v1.PhaseReserved, v1.PhaseConsumed} {
		list, err := call(t, func() (listed[*v1.Reservation], error) { return p.w.store.listPhase(phase), nil })
		if err != nil {
			return 0, nil, err
		}
		for _, r := range list.objects {
			floor = max(floor, r.Status.FoldID)
			delete(lost, r.UID) // it may have moved from one list to the other
			for _, a := range r.Status.Allocations {
				key := ledger.Key{ProductID: a.ProductID, LocationID: a.LocationID}
				if a.LastConsumed > 0 && !p.state.Stock().FoldSeen(key, r.Status.FoldID) {
					lost[r.UID] = append(lost[r.UID], v1.Take{ProductID: a.ProductID, LocationID: a.LocationID, Quantity: a.LastConsumed})
				}
			}
		}
	}
	return floor, lost, nil
}

// ship is controllers.ReservationReconciler.ship.
func (p *process) ship(t *task, r *v1.Reservation) error {
	takes := lifecycle.Takes(r)
	foldID := r.Status.FoldID
	p.dispatch(reservationSeen(r))
	decision, err := p.decided(t, r.UID, func(call uint64) Event {
		return ConsumeCalled{Call: call, UID: r.UID, Name: r.Name, Takes: takes, FoldID: foldID}
	})
	if err != nil {
		return err
	}
	fold := decision.Fold
	if decision.Superseded || !lifecycle.Consume(r, fold.ID, fold.Takes, fold.Lost, p.w.now) {
		return nil
	}
	return p.write(t, r)
}
