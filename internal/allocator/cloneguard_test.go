package allocator

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// populated is a State with something in every field.
func populated() *State {
	at := modelEpoch
	takes := []v1.Take{{ProductID: "p", LocationID: "a", Quantity: 1}}
	hold := v1.InFlightHold{UID: "held", Name: "held", ReservedAt: metav1.NewMicroTime(at),
		Allocations: []v1.Allocation{{ProductID: "p", LocationID: "a", Quantity: 2}}}
	fold := &v1.Fold{ID: 2, Units: []v1.FoldUnits{{ProductID: "p", LocationID: "a", Quantity: 1}}}
	status := v1.StockLedgerStatus{Holder: "a0", Token: "a0/1", InFlight: []v1.InFlightHold{hold}, OpenFold: fold}
	s := NewState("a0")
	s.stock.PutItem(ledger.Item{Key: ledger.Key{ProductID: "p", LocationID: "a"}, UID: "item", Declared: 9, Sellable: 9}, 3)
	s.elected, s.stage, s.term, s.epoch, s.losses = true, leading, 3, 4, 5
	s.base = Stored{UID: "ledger", Version: 6, Status: status}
	s.seenVersion, s.seenFold = 7, fold
	s.addEntry(hold, true)
	waiting := &request{uid: "waits", name: "waits", lines: []v1.ReservationItem{{ProductID: "p", Quantity: 1}}, holdFor: time.Hour, calls: []uint64{1, 2}}
	s.enqueue(waiting)
	decided := &request{uid: "held", name: "held", takes: takes, foldID: 1, calls: []uint64{3}, decision: Decision{Hold: &hold, At: at}}
	s.attempt = &attempt{status: status, tokens: []string{"a0/2"}, batch: []*request{decided}, settled: []types.UID{"gone"}}
	s.attempts = 8
	s.lastFold = 1
	s.open(at)
	s.stock.Consume("held", takes)
	s.addMember("held", &member{name: "held", Folded: Folded{ID: 2, Takes: takes, Lost: takes}, journaled: true, settled: true})
	s.fold.journaled, s.fold.closing, s.fold.tallying = true, true, true
	s.fold.lost = map[types.UID][]v1.Take{"held": takes}
	s.cursor, s.backlog, s.lastWrite, s.wakeAt = "9", 10, at, at
	s.audited = &Audited{}
	return s
}

var exact = cmp.Exporter(func(reflect.Type) bool { return true })

// A field that is added and not cloned shows here, and so does one that this
// test does not populate.
func TestStateCloneIsComplete(t *testing.T) {
	s := populated()
	for _, v := range []reflect.Value{
		reflect.ValueOf(s).Elem(), reflect.ValueOf(s.fold).Elem(), reflect.ValueOf(s.attempt).Elem(),
	} {
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s.%s is not populated: this test says nothing about it", v.Type(), v.Type().Field(i).Name)
			}
		}
	}
	c := s.clone()
	if diff := cmp.Diff(s, c, exact); diff != "" {
		t.Errorf("the clone differs (-want +got):\n%s", diff)
	}
	if c.waiting["waits"] != c.queue[0] {
		t.Error("the clone's queue and its index hold different requests")
	}
}

// What happens to a clone does not show in its origin, nor the other way round.
func TestStateCloneIsIndependent(t *testing.T) {
	changes := map[string]func(s *State){
		"queue":    func(s *State) { s.dequeue(s.queue[0]) },
		"calls":    func(s *State) { s.callDropped(CallDropped{Call: 1, UID: "waits"}) },
		"settled":  func(s *State) { s.Step(modelEpoch, ReservationSeen{UID: "held", Gone: true}) },
		"landed":   func(s *State) { s.landed(modelEpoch, 9, "a0/2") },
		"sent":     func(s *State) { s.send() },
		"stopped":  func(s *State) { s.stop() },
		"tallied":  func(s *State) { s.tallied(modelEpoch) },
		"joined":   func(s *State) { s.addMember("more", &member{}) },
		"refolded": func(s *State) { s.fold.lost["more"] = nil },
		"stock":    func(s *State) { s.stock.DropItem("item") },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			s := populated()
			change(s.clone())
			if diff := cmp.Diff(populated(), s, exact); diff != "" {
				t.Errorf("the origin changed with its clone (-want +got):\n%s", diff)
			}
			c := s.clone()
			change(s)
			if diff := cmp.Diff(populated(), c, exact); diff != "" {
				t.Errorf("the clone changed with its origin (-want +got):\n%s", diff)
			}
		})
	}
}

// printState says every field of State, but for those named here.
func TestStatePrintIsComplete(t *testing.T) {
	unsaid := []string{
		"stock",              // says itself, by Snapshot
		"term",               // only in being a task's own or not
		"losses",             // sets a delay, and delays are arbitrary
		"attempts",           // only makes tokens differ
		"waiting", "entries", // by queue and order
		"cursor", "backlog", "audited", // nobody publishes or audits in the model
	}
	said := []string{
		"self", "elected", "stage", "epoch", "base", "seenVersion", "seenFold", "attempt", "order",
		"fold", "lastFold", "queue", "lastWrite", "wakeAt",
	}
	for i := range reflect.TypeFor[State]().NumField() {
		if name := reflect.TypeFor[State]().Field(i).Name; !slices.Contains(unsaid, name) && !slices.Contains(said, name) {
			t.Errorf("the fingerprint does not say %s: add it, or say here why it makes no difference", name)
		}
	}
}
