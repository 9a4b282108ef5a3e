package auditor

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// settled is a world at rest with StockItems, open carts and ended ones.
func settled(t *testing.T) *world {
	t.Helper()
	for seed := uint64(1); ; seed++ {
		w := newWorld(t, seed, time.Second)
		w.run(30 * time.Second)
		w.quiet = true
		w.run(4 * time.Second)
		if w.someObject(KindItem, shownAny) != nil && w.someObject(KindReservation, shownOpen) != nil && len(w.writing) == 0 {
			return w
		}
	}
}

func shownAny(o client.Object) bool { return o.(*v1.StockItem).Status.Position != "" }

func shownOpen(o client.Object) bool { return o.(*v1.Reservation).Status.Phase == v1.PhaseReserved }

// someObject returns the first object of a kind that fits, nil if there is none.
func (w *world) someObject(kind Kind, fits func(client.Object) bool) client.Object {
	for _, key := range w.keys() {
		if key.kind == kind && fits(w.objects[key]) {
			return w.objects[key]
		}
	}
	return nil
}

// edit changes an object by hand, where no controller puts it right again.
func edit[T client.Object](w *world, object client.Object, how func(T)) {
	edited := object.DeepCopyObject().(T)
	how(edited)
	key := keyOfObject(object)
	w.frozen[key] = true
	w.store(edited)
}

// want fails unless an audit finds what begins and ends like this, and nothing else.
func (w *world) wantFound(kind Kind, object, figure string) {
	w.t.Helper()
	r, err := w.audit().run(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range r.found {
		if d.Kind == kind && strings.Contains(d.Object, object) && strings.HasPrefix(d.Figure, figure) {
			return
		}
	}
	w.t.Errorf("found %+v, want a difference of kind %s in %s of %s", r, kind, figure, object)
}

func itemEdit(how func(*v1.StockItem)) func(*world) (string, Kind) {
	return func(w *world) (string, Kind) {
		o := w.someObject(KindItem, shownAny)
		edit(w, o, how)
		return "StockItem " + o.GetName(), KindItem
	}
}

func cartEdit(how func(*v1.Reservation)) func(*world) (string, Kind) {
	return func(w *world) (string, Kind) {
		o := w.someObject(KindReservation, shownOpen)
		edit(w, o, how)
		return "Reservation " + o.GetName(), KindReservation
	}
}

// A status that somebody has edited, and that stays as it is, is found.
func TestEditedStatusIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		edit   func(*world) (string, Kind)
		figure string
	}{
		"onHand":             {itemEdit(func(i *v1.StockItem) { i.Status.OnHand++ }), "onHand"},
		"reserved":           {itemEdit(func(i *v1.StockItem) { i.Status.Reserved++ }), "reserved"},
		"available":          {itemEdit(func(i *v1.StockItem) { i.Status.Available++ }), "available"},
		"consumed":           {itemEdit(func(i *v1.StockItem) { i.Status.Consumed++ }), "consumed"},
		"shortfall":          {itemEdit(func(i *v1.StockItem) { i.Status.Shortfall += 3 }), "shortfall"},
		"refused":            {itemEdit(func(i *v1.StockItem) { i.Status.Refused++ }), "refused"},
		"observedGeneration": {itemEdit(func(i *v1.StockItem) { i.Status.ObservedGeneration++ }), "observedGeneration"},
		"item's condition":   {itemEdit(func(i *v1.StockItem) { i.Status.Conditions = i.Status.Conditions[1:] }), "condition Ready"},
		"item erased":        {itemEdit(func(i *v1.StockItem) { i.Status = v1.StockItemStatus{} }), "observedGeneration"},
		"item of the past":   {itemEdit(func(i *v1.StockItem) { i.Status.OnHand, i.Status.Position = 7e6, before(i.Status.Position) }), "onHand"},
		"item of the future": {itemEdit(func(i *v1.StockItem) { i.Status.OnHand, i.Status.Position = 7e6, after(i.Status.Position) }), "onHand"},
		"item of another":    {itemEdit(func(i *v1.StockItem) { i.Status.OnHand, i.Status.Position = 7e6, "elsewhere" }), "onHand"},
		"phase":              {cartEdit(func(r *v1.Reservation) { r.Status.Phase = v1.PhaseConsumed }), "phase"},
		"allocations":        {cartEdit(func(r *v1.Reservation) { r.Status.Allocations[0].Quantity++ }), "allocations"},
		"expiresAt":          {cartEdit(func(r *v1.Reservation) { r.Status.ExpiresAt = nil }), "expiresAt"},
		"outcomeID":          {cartEdit(func(r *v1.Reservation) { r.Status.OutcomeID = "another" }), "outcomeID"},
		"condition":          {cartEdit(func(r *v1.Reservation) { r.Status.Conditions = nil }), "condition Reserved"},
		"reservation erased": {cartEdit(func(r *v1.Reservation) { r.Status = v1.ReservationStatus{} }), "phase"},
		"unknown": {func(w *world) (string, Kind) {
			o := w.someObject(KindReservation, shownOpen)
			edit(w, o, func(r *v1.Reservation) { r.Name, r.UID, r.Spec.Command = "stranger", "uid-of-stranger", nil })
			return "Reservation stranger", KindReservation
		}, "phase"},
	} {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			object, kind := c.edit(w)
			w.frozen[subject{KindReservation, "stranger"}] = true
			w.run(4 * time.Second)
			w.wantFound(kind, object, c.figure)
		})
	}
}

// before and after are positions of the same journal.
func before(position string) string { return strings.Split(position, ".")[0] + ".1.0" }
func after(position string) string  { return strings.Split(position, ".")[0] + ".99999.1" }

// It is found while carts keep coming as well, where its position is on a page that counts.
func TestEditedStatusIsFoundUnderLoad(t *testing.T) {
	for kind, how := range map[Kind]func(client.Object){
		KindItem:        func(o client.Object) { o.(*v1.StockItem).Status.OnHand++ },
		KindReservation: func(o client.Object) { o.(*v1.Reservation).Status.Allocations[0].Quantity++ },
	} {
		t.Run(kind.String(), func(t *testing.T) {
			w := settled(t)
			o := w.someObject(kind, func(o client.Object) bool {
				if i, ok := o.(*v1.StockItem); ok {
					at, named := placeOf(i.Status.Position, w.alloc.Log().Identity())
					return named && at.page >= w.state().Head()
				}
				return shownOpen(o)
			})
			edit(w, o, how)
			w.alter = func(*stock.State) { w.quiet = false } // once the pages were listed
			w.wantFound(kind, o.GetName(), "")
		})
	}
}

// A status that is edited is put right at once, and then nobody finds anything.
func TestStatusPutRightIsNotFound(t *testing.T) {
	w := settled(t)
	inTerm(t, w.auditor)
	o := w.someObject(KindItem, shownAny).DeepCopyObject().(*v1.StockItem)
	o.Status.OnHand += 5
	w.auditor.Vouch(w.objects[keyOfObject(o)])
	w.after(50*time.Millisecond, func() { w.store(o) })
	r, err := w.audit().run(t.Context())
	if err != nil || len(r.found) > 0 || r.unsettled > 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if len(w.accused) == 0 {
		t.Error("nobody is accused of what was written in between")
	}
	status, consistent, ok := w.auditor.Audit(namespace)
	if !ok || consistent.Status != "False" || !strings.HasPrefix(status.LastDifference.Summary, "StockItem "+o.Name+": onHand is ") {
		t.Errorf("%+v, %+v, %t", status, consistent, ok)
	}
}

// A State that differs from the pages is found, whatever it has too much or too little.
func TestAlteredStateIsFound(t *testing.T) {
	openCart := func(s *stock.State) *stock.Reservation {
		for r := range s.Open() {
			return r
		}
		return nil
	}
	anyItem := func(s *stock.State) stock.Item {
		for i := range s.Items() {
			return i
		}
		return stock.Item{}
	}
	for name, c := range map[string]struct {
		record func(s *stock.State) stock.Record
		figure string
	}{
		"a hold that ended": {func(s *stock.State) stock.Record {
			r := openCart(s)
			change := stock.Change{Reservation: r.ID, Phase: stock.PhaseReleased, Reason: "Released", Ended: 1}
			for _, a := range r.Allocations {
				a.Released = a.Quantity - a.Consumed
				change.Allocations = append(change.Allocations, a)
			}
			return stock.Released{Change: change}
		}, "content"},
		"a later end": {func(s *stock.State) stock.Record {
			r := openCart(s)
			return stock.Extended{Reservation: r.ID, Expires: r.Expires + 1e6}
		}, "content"},
		"an object": {func(s *stock.State) stock.Record {
			return stock.Shown{Reservation: openCart(s).ID, Object: stock.Object{UID: "another", Version: 1e9}}
		}, "content"},
		"a cart too many": {func(*stock.State) stock.Record {
			return stock.Cart{Reservation: stock.Reservation{ID: "x", Phase: stock.PhaseRefused}}
		}, "reservations"},
		"units shipped": {func(s *stock.State) stock.Record {
			i := anyItem(s)
			return stock.TotalRecord{Total: stock.Total{Product: i.Product, Location: i.Location, Consumed: 1e6}}
		}, "consumed"},
		"an item's spec": {func(s *stock.State) stock.Record {
			i := anyItem(s)
			i.Priority++
			return stock.ItemRecord{Item: i}
		}, "spec"},
		"an item too few": {func(s *stock.State) stock.Record {
			return stock.ItemGone{UID: anyItem(s).UID, Version: 1e9}
		}, "is known"},
	} {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			record := c.record(w.state())
			encoded, err := stock.Encode(record)
			if err != nil {
				t.Fatal(err)
			}
			w.alter = func(s *stock.State) {
				at := w.alloc.Log().Position()
				if err := s.Apply(&stock.Write{Page: at.Page, Head: s.Head(), Marks: s.Marks(), Records: [][]byte{encoded}}); err != nil {
					t.Error(err)
				}
			}
			w.wantFound(KindMemory, "the operator's memory of ", c.figure)
			w.quiet = false
			w.wantFound(KindMemory, "the operator's memory of ", c.figure)
		})
	}
}

// Marks and a head that no page says are found.
func TestAlteredMarksAreFound(t *testing.T) {
	for name, alter := range map[string]func(*stock.Write){
		"forgotten": func(w *stock.Write) { w.Marks.Forgotten += 1e15 },
		"published": func(w *stock.Write) { w.Marks.Published++ },
		"head":      func(w *stock.Write) { w.Head++ },
	} {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			w.alter = func(s *stock.State) {
				write := &stock.Write{Page: w.alloc.Log().Position().Page, Head: s.Head(), Marks: s.Marks()}
				alter(write)
				if err := s.Apply(write); err != nil {
					t.Error(err)
				}
			}
			w.wantFound(KindMemory, "the operator's memory of the namespace", "")
		})
	}
}

// editedPage changes records of a page that counts. honest leaves its digest as it was.
func (w *world) editedPage(honest bool) {
	log := w.alloc.Log()
	for name, p := range w.server.Pages {
		if p.Number != log.Position().Page || len(p.Records) == 0 {
			continue
		}
		w.server.Edit(name, func(p *journal.Page) {
			extra, err := stock.Encode(stock.TotalRecord{Total: stock.Total{Product: "mug", Location: "ams", Consumed: 4e6}})
			if err != nil {
				w.t.Fatal(err)
			}
			p.Records = append(append([][]byte{}, p.Records[:len(p.Records)-1]...), extra)
			if !honest {
				p.Header.Digest = digestOf(w.t, p)
			}
		})
		return
	}
	w.t.Fatal("no page to edit")
}

// digestOf is what an operator would write into the header of a page.
func digestOf(t *testing.T, p *journal.Page) string {
	sum, err := hex.DecodeString(p.Header.Before)
	if err != nil {
		t.Fatal(err)
	}
	with := func(more []byte) {
		h := sha256.New()
		h.Write(sum)
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(more))))
		h.Write(more)
		sum = h.Sum(nil)
	}
	for _, record := range p.Records {
		with(record)
	}
	header := p.Header
	header.Digest = ""
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	with(text)
	with(binary.BigEndian.AppendUint64(nil, p.Number))
	with([]byte(p.UID))
	return hex.EncodeToString(sum)
}

// Records of a page that were edited are found: by the digest, and by State where the
// digest was made to fit.
func TestEditedPageIsFound(t *testing.T) {
	t.Run("digest", func(t *testing.T) {
		w := settled(t)
		w.editedPage(true)
		var damage *damageError
		if _, err := w.audit().run(t.Context()); !errors.As(err, &damage) {
			t.Errorf("%v", err)
		}
	})
	t.Run("fitting digest", func(t *testing.T) {
		w := settled(t)
		w.editedPage(false)
		w.wantFound(KindMemory, "the operator's memory of ", "")
	})
	t.Run("while it is read", func(t *testing.T) {
		for _, honest := range []bool{true, false} {
			w := settled(t)
			w.after(10*time.Millisecond, func() { w.editedPage(honest) })
			w.readTakes = 0
			a := w.audit()
			var damage *damageError
			if err := a.first(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.run(20 * time.Millisecond)
			if err := a.reading.follow(t.Context()); !errors.As(err, &damage) {
				t.Errorf("%v", err)
			}
		}
	})
	t.Run("deleted", func(t *testing.T) {
		w := settled(t)
		for name, p := range w.server.Pages {
			if p.Number == w.state().Head() {
				w.server.Delete(name)
			}
		}
		var damage *damageError
		if _, err := w.audit().run(t.Context()); !errors.As(err, &damage) && !errors.Is(err, errNone) {
			t.Errorf("%v", err)
		}
	})
}

// An object that is gone while its units are held, and of which the operator never heard,
// is found; so is a StockItem.
func TestUnseenDeletionIsFound(t *testing.T) {
	for kind, fits := range map[Kind]func(client.Object) bool{KindReservation: shownOpen, KindItem: shownAny} {
		t.Run(kind.String(), func(t *testing.T) {
			w := settled(t)
			o := w.someObject(kind, fits)
			w.frozen[keyOfObject(o)] = true
			delete(w.objects, keyOfObject(o))
			w.wantFound(kind, o.GetName(), "object")
		})
	}
}

// Of a namespace that is being deleted nothing is said: its objects go in any order.
func TestNothingIsSaidOfALeavingNamespace(t *testing.T) {
	w := settled(t)
	o := w.someObject(KindItem, shownAny)
	w.frozen[keyOfObject(o)] = true
	delete(w.objects, keyOfObject(o))
	w.server.Namespace.Terminating = true
	if r, err := w.audit().run(t.Context()); !errors.Is(err, errLeaving) {
		t.Errorf("%+v, %v", r, err)
	}
}

// What lags is not judged while views wait to be written, and is where none does.
func TestLaggingViews(t *testing.T) {
	for name, busy := range map[string]bool{"busy": true, "idle": false} {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			edit(w, w.someObject(KindItem, shownAny), func(i *v1.StockItem) { i.Status = v1.StockItemStatus{} })
			a := w.audit()
			a.busy = func() bool { return busy }
			r, err := a.run(t.Context())
			if err != nil || (len(r.found) == 0) != busy || (r.unsettled > 0) != busy {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

// A status that was edited while its item changes all the time is found by what was true at
// its position, which the audit passes.
func TestEditedStatusIsFoundAtItsPosition(t *testing.T) {
	for name, edited := range map[string]bool{"edited": true, "as written": false} {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			key := keyOfObject(w.someObject(KindItem, func(o client.Object) bool { return o.(*v1.StockItem).Status.Available > 1 }))
			sell := func() {
				known := w.objects[key].(*v1.StockItem)
				w.ask(stock.PutItem{Read: w.server.Version, Item: stock.Item{
					UID: stock.ID(known.UID), Name: known.Name, Product: stock.ID(known.Spec.ProductID), Location: known.Spec.LocationID,
					Created: stock.Time(known.CreationTimestamp.UnixMicro()), Generation: int64(100 + w.made), Version: w.version1(),
					Received: int64(1000 + w.made),
				}})
				w.made++
			}
			done := false
			w.alter = func(*stock.State) { // the pages were listed, and no object was read yet
				if done {
					return
				}
				done = true
				sell()
				o := w.objects[key].DeepCopyObject().(*v1.StockItem)
				known, _ := w.state().Item(stock.ID(o.UID))
				o.Generation, o.Spec.Suspended, o.Spec.LowStockThreshold = known.Generation, false, 0
				want := w.want(o).(*v1.StockItem)
				if edited {
					want.Status.OnHand++
				}
				w.frozen[key] = true
				w.store(want)
				sell()
			}
			a := w.audit()
			a.busy = func() bool { return true } // only what is wrong for certain
			r, err := a.run(t.Context())
			if err != nil || (len(r.found) > 0) != edited {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

// State is compared once it includes what was stored when the pages were listed, also where
// that was no record.
func TestStateIsWaitedFor(t *testing.T) {
	w := settled(t)
	w.ask(stock.Publish{Number: w.state().Marks().Outcomes})
	r, err := open(t.Context(), w, namespace)
	if err != nil {
		t.Fatal(err)
	}
	r.oldest.marks.At++ // a write without records that State has not seen yet
	waits := 0
	wait := func(context.Context, time.Duration) error {
		waits++
		if waits == 3 {
			w.now = w.now.Add(time.Second)
			w.ask(w.cart(micros64(w.now)))
		}
		return nil
	}
	from := sampling{runner: w, from: r, clock: worldClock{w: w}, wait: wait, rest: w.audit().rest, keepUp: r.follow}
	taken, err := from.ofSums(t.Context())
	if err != nil || waits != 3 || taken.marks.At < r.oldest.marks.At {
		t.Errorf("taken after %d waits: %+v, %v", waits, taken.marks, err)
	}
}
