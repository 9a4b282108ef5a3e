package allocator

import (
	"errors"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// perform does what the shell does for an effect.
func (p *process) perform(t *task, effect Effect) {
	switch e := effect.(type) {
	case ReadLedger:
		t.sleep(e.Delay)
		p.dispatch(LedgerRead{Term: e.Term, Stored: p.readLedger(t)})
	case CreateLedger:
		t.persist(func() error {
			_, err := call(t, func() (done, error) { return done{}, p.w.store.createLedger() })
			if errors.Is(err, errExists) {
				return nil
			}
			return err
		})
		p.dispatch(LedgerRead{Term: e.Term, Stored: p.readLedger(t)})
	case WriteLedger:
		p.dispatch(p.writeLedger(t, e))
	case CatchUp:
		p.dispatch(p.catchUp(t, e))
	case RollForward:
		p.dispatch(p.rollForward(t, e))
	case TallyFold:
		p.dispatch(p.tallyFold(t, e))
	case Wake:
		t.sleep(e.After)
		p.dispatch(Woken{})
	}
}

func (p *process) readLedger(t *task) *Stored {
	var stored *Stored
	t.persist(func() (err error) {
		stored, err = call(t, func() (*Stored, error) { return p.w.store.readLedger(), nil })
		return err
	})
	return stored
}

func (p *process) writeLedger(t *task, e WriteLedger) Event {
	p.w.logf("%s sends ledger %s over version %d: %d decisions, %d in flight",
		p.name, e.Status.Token, e.Version, e.Decisions, len(e.Status.InFlight))
	given := &v1.StockLedger{Status: *e.Status.DeepCopy()}
	given.UID, given.ResourceVersion = e.UID, formatVersion(e.Version)
	written, err := call(t, func() (*v1.StockLedger, error) { return p.w.store.updateLedgerStatus(given) })
	answer := LedgerWritten{Term: e.Term, Token: e.Status.Token}
	switch {
	case err == nil:
		answer.Result, answer.Version = Landed, versionOf(written.ResourceVersion)
	case errors.Is(err, errUnknown):
		answer.Result = Unknown
	default:
		answer.Result = Refused
	}
	return answer
}

func (p *process) catchUp(t *task, e CatchUp) Event {
	answer := CaughtUp{Term: e.Term}
	t.persist(func() (err error) {
		if err := p.listTallies(t, e); err != nil {
			return err
		}
		if e.Rebuild {
			if err := p.touchOpen(t, e.Fence); err != nil {
				return err
			}
			if answer.FoldFloor, answer.Refold, err = p.lostFold(t); err != nil {
				return err
			}
		}
		if answer.ItemsVersion, answer.Items, err = p.listItems(t); err != nil {
			return err
		}
		answer.HoldsVersion, answer.Holds, err = p.listReserved(t)
		return err
	})
	return answer
}

func (p *process) listItems(t *task) (uint64, map[types.UID]struct{}, error) {
	list, err := call(t, func() (listed[*v1.StockItem], error) { return p.w.store.listItems(), nil })
	if err != nil {
		return 0, nil, err
	}
	uids := map[types.UID]struct{}{}
	var behind []*v1.StockItem
	for _, item := range list.objects {
		uids[item.UID] = struct{}{}
		if p.state.Stock().ItemVersion(item.UID) < versionOf(item.ResourceVersion) {
			behind = append(behind, item)
		}
	}
	return list.version, uids, p.lead.all(t, len(behind), func(t *task, i int) error {
		item, err := call(t, func() (*v1.StockItem, error) { return p.w.store.items[behind[i].Name].DeepCopy(), nil })
		if err == nil {
			p.dispatch(itemSeen(item))
		}
		return err
	})
}

func (p *process) listReserved(t *task) (uint64, map[types.UID]struct{}, error) {
	list, err := call(t, func() (listed[*v1.Reservation], error) { return p.w.store.listPhase(v1.PhaseReserved), nil })
	if err != nil {
		return 0, nil, err
	}
	uids := map[types.UID]struct{}{}
	var behind []*v1.Reservation
	for _, r := range list.objects {
		uids[r.UID] = struct{}{}
		if p.state.Stock().HoldVersion(r.UID) < versionOf(r.ResourceVersion) {
			behind = append(behind, r)
		}
	}
	return list.version, uids, p.lead.all(t, len(behind), func(t *task, i int) error {
		_, err := p.readReservation(t, behind[i].Name, behind[i].UID)
		return err
	})
}

func (p *process) readReservation(t *task, name string, uid types.UID) (*v1.Reservation, error) {
	r, err := call(t, func() (*v1.Reservation, error) { return p.w.store.readReservation(name) })
	if errors.Is(err, errNotFound) || err == nil && r.UID != uid {
		p.dispatch(ReservationSeen{UID: uid, Gone: true})
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p.dispatch(reservationSeen(r))
	return r, nil
}

func (p *process) touchOpen(t *task, fence string) error {
	for _, phase := range []v1.Phase{v1.PhasePending, v1.PhaseReserved} {
		list, err := call(t, func() (listed[*v1.Reservation], error) { return p.w.store.listPhase(phase), nil })
		if err != nil {
			return err
		}
		err = p.lead.all(t, len(list.objects), func(t *task, i int) error { return p.touch(t, list.objects[i], fence) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *process) touch(t *task, r *v1.Reservation, fence string) error {
	name, uid := r.Name, r.UID
	for !r.CurrentPhase().Final() && r.Status.Fence != fence {
		given := r.DeepCopy()
		given.Status.Fence = fence
		written, err := call(t, func() (*v1.Reservation, error) { return p.w.store.updateReservationStatus(given) })
		switch {
		case err == nil:
			p.dispatch(reservationSeen(written))
			return nil
		case errors.Is(err, errUnknown):
			return err
		}
		if r, err = p.readReservation(t, name, uid); err != nil || r == nil {
			return err
		}
	}
	return nil
}
