package allocator

import (
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// What may come of a request. The last says nothing about what happened.
var (
	errModelConflict = errors.New("conflict")
	errModelNotFound = errors.New("not found")
	errModelExists   = errors.New("already exists")
	errModelUnknown  = errors.New("no answer")
)

func cartName(cart int) string                    { return fmt.Sprintf("r%d", cart) }
func cartUID(cart int) types.UID                  { return types.UID(cartName(cart)) }
func cartOf(uid types.UID) int                    { return int(uid[1] - '0') }
func durationOf(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }

// modelVerb is what a request asks for.
type modelVerb uint8

const (
	verbGet modelVerb = iota
	verbList
	verbCreate
	verbUpdate
)

// modelRequest is one API request, and its answer once the store has served it.
// It never changes: what happens to it makes another.
type modelRequest struct {
	verb modelVerb
	kind modelKind
	cart int
	// phase is that of a list of Reservations.
	phase v1.Phase
	// given is what an update wants to store, with the version it is over.
	given *modelObject

	served bool
	answer modelAnswer
}

// modelAnswer is what came of a request. err is one of errModelConflict, errModelNotFound,
// errModelExists and errModelUnknown, or nil.
type modelAnswer struct {
	err     error
	object  *modelObject
	list    []*modelObject
	version uint64
}

func (r *modelRequest) writes() bool { return r.verb == verbCreate || r.verb == verbUpdate }

// serve performs a request at the store.
func (w *modelWorld) serve(r *modelRequest) modelAnswer {
	s := &w.store
	stored := s.get(r.kind, r.cart)
	switch r.verb {
	case verbGet:
		if stored == nil {
			return modelAnswer{err: errModelNotFound}
		}
		return modelAnswer{object: stored}
	case verbList:
		answer := modelAnswer{version: s.version[r.kind]}
		for _, o := range s.all(r.kind) {
			if r.kind != kindCart || r.phase == o.rsv.CurrentPhase() {
				answer.list = append(answer.list, o)
			}
		}
		return answer
	case verbCreate:
		if stored != nil {
			return modelAnswer{err: errModelExists}
		}
		return modelAnswer{object: w.create(r.kind)}
	default:
		return w.update(stored, r.given)
	}
}

func (w *modelWorld) create(kind modelKind) *modelObject {
	if kind == kindTally {
		t := &v1.StockTally{}
		t.Name = v1.TallyName(0)
		return w.commit(&modelObject{kind: kindTally, tally: t}, false)
	}
	w.store.ledgers++
	l := &v1.StockLedger{}
	l.Name, l.UID = v1.LedgerName, types.UID(fmt.Sprintf("ledger%d", w.store.ledgers))
	return w.commit(&modelObject{kind: kindLedger, ledger: l}, false)
}

// update is the compare-and-swap of a status.
func (w *modelWorld) update(stored, given *modelObject) modelAnswer {
	if stored == nil {
		return modelAnswer{err: errModelNotFound}
	}
	over, is := given.object(), stored.object()
	if over.GetUID() != is.GetUID() || over.GetResourceVersion() != "" && over.GetResourceVersion() != is.GetResourceVersion() {
		return modelAnswer{err: errModelConflict}
	}
	next := *stored
	same := false
	switch given.kind {
	case kindLedger:
		l := *stored.ledger
		l.Status = given.ledger.Status
		next.ledger = &l
	case kindItem:
		item := *stored.item
		item.Status = given.item.Status
		same = equality.Semantic.DeepEqual(stored.item.Status, item.Status)
		next.item = &item
	case kindTally:
		t := *stored.tally
		t.Status = given.tally.Status
		same = equality.Semantic.DeepEqual(stored.tally.Status, t.Status)
		next.tally = &t
	default:
		r := *stored.rsv
		r.Status = given.rsv.Status
		same = equality.Semantic.DeepEqual(stored.rsv.Status, r.Status)
		next.rsv = &r
	}
	if same {
		return modelAnswer{object: stored} // a write that changes nothing makes no version
	}
	return modelAnswer{object: w.commit(&next, false)}
}

func (r *modelRequest) print(e *printer) {
	e.buf = append(e.buf, byte(r.verb), byte(r.kind), byte(r.cart))
	e.str(string(r.phase))
	e.object(r.given)
	e.flag(r.served)
	if !r.served {
		return
	}
	if r.answer.err != nil {
		e.str(r.answer.err.Error())
	}
	e.object(r.answer.object)
	e.num(int64(len(r.answer.list)))
	for _, o := range r.answer.list {
		e.object(o)
	}
	e.ver(r.kind, r.answer.version)
}
