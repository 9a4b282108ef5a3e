package chaos

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// places are the locations of each product, in the order in which they serve.
var places = map[string][]string{"mug": {"amsterdam"}, "plate": {"amsterdam", "berlin"}, "bowl": {"berlin"}}

const (
	// userRooms is how many namespaces users are let loose in at the same time,
	// and usersPerRoom how many users share one.
	userRooms, usersPerRoom = 2, 6
	// worstMoment bounds the wait for a write that may never come.
	worstMoment = 1500 * time.Millisecond
)

// TestUsersAtTheWorstMoment has users edit, flip, delete and remake objects while
// an operator's write about them is held on its way, against one operator and
// against two that both decide. Every record and every revision is judged, and what is left.
func TestUsersAtTheWorstMoment(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, "users at the worst moment")
	seed := seedOf(t)
	rounds := faultreport.Rounds(t, 60)
	for room := range userRooms {
		t.Run(fmt.Sprintf("%d operators", room+1), func(t *testing.T) {
			t.Parallel()
			s := newStockRoom(t, fault, room+1)
			share := rounds/userRooms + min(1, max(0, rounds%userRooms-room))
			s.letLoose(seed+uint64(room)<<32, share)
			s.finish()
		})
	}
}

// stockRoom is a namespace that users make a mess of.
type stockRoom struct {
	*testbed.Killing
	fault             *faultreport.Fault
	watched           *testbed.Observer
	operators         []*testbed.Operator
	items             map[string]shelfKey
	accepted, refused atomic.Int64
	met               atomic.Int64
}

func newStockRoom(t *testing.T, fault *faultreport.Fault, operators int) *stockRoom {
	t.Helper()
	s := &stockRoom{Killing: testbed.NewKilling(testbed.NewWorld(t)), fault: fault, items: map[string]shelfKey{}}
	s.watched = s.Observe(nil) // what was received changes all the time: the journal says
	for product, locations := range places {
		for _, location := range locations {
			name := product + "-" + location
			s.items[name] = shelfKey{product, location}
			s.Declare(name, product, location, 30)
		}
	}
	s.operators = []*testbed.Operator{s.Start()}
	for range operators - 1 {
		s.operators = append(s.operators, s.StartBeside())
	}
	for _, o := range s.operators {
		o.AwaitReady()
	}
	return s
}

func (s *stockRoom) placeOf(item string) (product, location string) {
	key := s.items[item]
	return key.product, key.location
}

// letLoose has users take turns until there were so many rounds.
func (s *stockRoom) letLoose(seed uint64, rounds int) {
	s.Helper()
	began := time.Now()
	var group sync.WaitGroup
	names := slices.Sorted(maps.Keys(s.items))
	for u := range usersPerRoom {
		group.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(u)))
			for round := u; round < rounds; round += usersPerRoom {
				one := &user{stockRoom: s, random: random, name: fmt.Sprintf("cart-%d", round), item: names[random.IntN(len(names))]}
				one.live()
			}
		})
	}
	group.Wait()
	s.Logf("seed %d: %d rounds in %v, %d at the moment they were meant for, %d writes accepted, %d refused",
		seed, rounds, time.Since(began).Round(time.Millisecond), s.met.Load(), s.accepted.Load(), s.refused.Load())
}

// live makes a cart, has one whim at the worst moment for it, and one later.
func (u *user) live() {
	moment, whim, later := moments[u.random.IntN(len(moments))], whims[u.random.IntN(len(whims))], whims[u.random.IntN(len(whims))]
	var once sync.Once
	strike := func() { once.Do(func() { whim.do(u) }) }
	met := u.Proxy.Arm(moment.at(u.name), func(p *testbed.Passage) {
		strike()
		p.Deliver(p.Serve())
	})
	u.create()
	if moment.consuming {
		u.awaitSettled()
		u.patch(`{"spec":{"intent":"Consume"}}`)
	}
	select {
	case <-met:
		u.met.Add(1)
	case <-time.After(worstMoment): // the cart was refused, or has no such write
		strike()
	}
	u.fault.Injected(1)
	u.awaitSettled()
	later.do(u)
}

func (u *user) create() {
	r := &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: u.Namespace, Name: u.name},
		Spec:       v1.ReservationSpec{CartID: "cart-" + u.name},
	}
	product, _ := u.placeOf(u.item)
	r.Spec.Items = []v1.ReservationItem{testbed.Line(product, 1+u.random.Int64N(7))}
	if other := slices.Sorted(maps.Keys(places))[u.random.IntN(len(places))]; other != product {
		r.Spec.Items = append(r.Spec.Items, testbed.Line(other, 1+u.random.Int64N(7)))
	}
	if u.random.IntN(3) == 0 {
		r.Spec.HoldFor = &metav1.Duration{Duration: time.Second}
	}
	if err := u.Client.Create(u.Context(), r); err != nil {
		u.Errorf("make reservation %s: %v", u.name, err)
	}
}

// awaitSettled waits until the user's Reservation is decided, withdrawn before
// it was, or gone.
func (u *user) awaitSettled() {
	u.watched.Await("reservation "+u.name+" settled", func() bool {
		r, gone := newest(u.watched, u.name)
		return gone || r != nil && (r.Decided() || r.CurrentPhase().Final())
	})
}

// moment is a write of the operator's about a Reservation.
type moment struct {
	at func(name string) testbed.Point
	// consuming says that there is none until the Reservation is consumed.
	consuming bool
}

var moments = []moment{
	{at: func(name string) testbed.Point { return testbed.Decides("cart-" + name) }},
	{at: statusOf(v1.PhaseReserved)},
	{at: statusOf(v1.PhaseUnavailable)},
	{at: statusOf(v1.PhaseReleased)},
	{at: statusOf(v1.PhaseConsumed), consuming: true},
	{at: func(string) testbed.Point { return testbed.Ship }, consuming: true},
	{at: func(string) testbed.Point { return testbed.TakeIn }},
	{at: func(string) testbed.Point { return testbed.NoteObject }},
	{at: func(string) testbed.Point { return testbed.ShowHeld }},
}

func statusOf(phase v1.Phase) func(string) testbed.Point {
	return func(name string) testbed.Point {
		return testbed.Point{Method: http.MethodPut, Resource: "reservations/status", Matches: func(w testbed.Write) bool {
			var r v1.Reservation
			return strings.Contains(string(w.Body), name) && json.Unmarshal(w.Body, &r) == nil && r.Name == name && r.Status.Phase == phase
		}}
	}
}

// finish judges what is left. Of several operators that all believe to lead one is left,
// since they never rest.
func (s *stockRoom) finish() {
	s.Helper()
	for _, o := range s.operators[1:] {
		if !o.Runs() {
			s.Errorf("an operator ended by itself")
		}
		o.Kill()
	}
	began := time.Now()
	defer func() {
		s.Logf("judged %d revisions, %d of them against the journal; %v from the last round to the end",
			s.watched.Versions, s.watched.Compared, time.Since(began).Round(time.Millisecond))
	}()
	s.AwaitSettled()
	s.Proxy.AwaitRest(quiet)
	s.watched.Stop()
	for _, r := range s.Reservations() {
		judgeRest(s.fault, s.watched, &r)
	}
	s.Sink.CheckAll(s.watched.Outcomes())
	s.fault.Checked(s.watched.Versions)
}

// shelfKey is where units are accounted.
type shelfKey struct{ product, location string }
