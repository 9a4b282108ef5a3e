package controllers

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

func testTurns(t *testing.T) *turns[reconcile.Request] {
	t.Helper()
	return options(1).NewQueue(t.Name(), workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, maxRetry)).(*turns[reconcile.Request])
}

func object(namespace string, n int) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: fmt.Sprint(n)}}
}

func objects(namespace string, n int) (all []reconcile.Request) {
	for i := range n {
		all = append(all, object(namespace, i))
	}
	return all
}

// addAt adds as the handlers of watches do.
func addAt(q *turns[reconcile.Request], priority int, objects ...reconcile.Request) {
	q.AddWithOpts(priorityqueue.AddOpts{Priority: ptr.To(priority)}, objects...)
}

// An object of a quiet namespace is looked at before most of those of a hot one that wait
// already, and each of these is looked at once, in order.
func TestNamespacesTakeTurns(t *testing.T) {
	q := testTurns(t)
	defer q.ShutDown()
	const many = 5000
	addAt(q, 0, objects("hot", many)...)
	addAt(q, 0, objects("hot", many)...) // told twice
	addAt(q, 0, object("quiet", 0))
	if got := q.Len(); got != many+1 {
		t.Errorf("%d wait, want %d", got, many+1)
	}
	next, before := 0, -1
	for range many + 1 {
		got, _ := q.Get()
		switch {
		case got.Namespace == "quiet":
			before = next
		case got.Name != fmt.Sprint(next):
			t.Fatalf("after %d of the hot namespace comes %s", next, got.Name)
		default:
			next++
		}
		q.Done(got)
	}
	if before < 0 || before > ahead {
		t.Errorf("the quiet namespace has waited for %d objects of the hot one, want %d at most", before, ahead)
	}
	if q.Len() != 0 || len(q.rows)+len(q.admitted)+len(q.held)+len(q.working) != 0 {
		t.Errorf("left are %d, %v, %v, %v, %v", q.Len(), q.rows, q.admitted, q.held, q.working)
	}
}

// What has failed and is tried again, or was to come later, takes turns as well: a namespace in which
// nothing succeeds holds up no other.
func TestRetriesTakeTurns(t *testing.T) {
	for name, again := range map[string]priorityqueue.AddOpts{
		"retried": {RateLimited: true}, "later": {After: time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			q := testTurns(t)
			defer q.ShutDown()
			const many = 5000
			q.AddWithOpts(again, objects("stuck", many)...)
			for deadline := time.Now().Add(30 * time.Second); q.Len() < many; time.Sleep(time.Millisecond) { // they get ready
				if time.Now().After(deadline) {
					t.Fatalf("%d are ready", q.Len())
				}
			}
			q.Add(object("quiet", 0))
			before, seen := -1, map[reconcile.Request]bool{}
			for len(seen) <= many {
				got, _ := q.Get()
				if seen[got] {
					t.Fatalf("%v comes twice", got)
				}
				if got.Namespace == "quiet" {
					before = len(seen)
				}
				seen[got] = true
				q.Done(got)
			}
			if before > ahead {
				t.Errorf("the quiet namespace has waited for %d objects of the stuck one, want %d at most", before, ahead)
			}
		})
	}
}

// Objects that are added while they are worked on take no places: workers that are free go on with
// others of the namespace.
func TestTurnsPassWhatIsWorkedOn(t *testing.T) {
	q := testTurns(t)
	defer q.ShutDown()
	slow := objects("shop", 2*ahead)
	q.Add(slow[0])
	for i := range slow {
		if i > 0 {
			q.Add(slow[i])
		}
		if got, _ := q.Get(); got != slow[i] {
			t.Fatalf("%v comes, want %v", got, slow[i])
		}
	}
	for _, o := range slow {
		q.Add(o) // somebody changes it meanwhile
	}
	other := object("shop", 2*ahead)
	q.Add(other)
	next := make(chan reconcile.Request, 1)
	go func() {
		got, _ := q.Get()
		next <- got
	}()
	select {
	case got := <-next:
		if got != other {
			t.Fatalf("%v comes, want %v", got, other)
		}
	case <-time.After(time.Minute):
		t.Fatalf("%v does not come", other)
	}
	q.Done(other)
	for _, o := range slow {
		q.Done(o)
	}
	for range slow {
		got, _ := q.Get()
		q.Done(got)
	}
	if q.Len() != 0 {
		t.Errorf("%d are left", q.Len())
	}
}

// What is asked for in a spec goes before all views of its namespace, be they held back or not.
func TestTurnsKeepPriorities(t *testing.T) {
	q := testTurns(t)
	defer q.ShutDown()
	const many = 3 * ahead
	addAt(q, viewPriority, objects("shop", many)...)
	urgent := []reconcile.Request{object("shop", 1), object("shop", many-1), object("shop", many)}
	addAt(q, 0, urgent...)
	for i, want := range urgent {
		if got, priority, _ := q.GetWithPriority(); got != want || priority != 0 {
			t.Errorf("%d comes %v with priority %d, want %v", i, got, priority, want)
		}
		q.Done(want)
	}
	seen := map[reconcile.Request]int{}
	for q.Len() > 0 {
		got, priority, _ := q.GetWithPriority()
		if priority != viewPriority {
			t.Errorf("%v comes with priority %d", got, priority)
		}
		seen[got]++
		q.Done(got)
	}
	if len(seen) != many-2 {
		t.Errorf("%d views were looked at, want %d", len(seen), many-2)
	}
}

// Every object is looked at after it was added last, whoever adds and takes meanwhile.
func TestTurnsLoseNothing(t *testing.T) {
	q := testTurns(t)
	const adders, workers, each, names = 4, 8, 3000, 200
	var clock atomic.Int64
	var mu sync.Mutex
	added, looked := map[reconcile.Request]int64{}, map[reconcile.Request]int64{}
	var adding, working sync.WaitGroup
	for a := range adders {
		adding.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(a)))
			for range each {
				o := object([]string{"hot", "hot", "hot", "mild", "quiet"}[random.IntN(5)], random.IntN(names))
				options := priorityqueue.AddOpts{Priority: ptr.To([]int{0, viewPriority, lookPriority}[random.IntN(3)])}
				switch random.IntN(20) {
				case 0:
					options.After = time.Millisecond
				case 1:
					options.RateLimited = true
				}
				mu.Lock()
				added[o] = clock.Add(1)
				mu.Unlock()
				q.AddWithOpts(options, o)
			}
		})
	}
	for range workers {
		working.Go(func() {
			for {
				o, shutdown := q.Get()
				if shutdown {
					return
				}
				mu.Lock()
				looked[o] = clock.Add(1)
				mu.Unlock()
				q.Forget(o)
				q.Done(o)
			}
		})
	}
	adding.Wait()
	left := func() int {
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.rows) + len(q.admitted) + len(q.held) + len(q.working)
	}
	missing := func() (count int) {
		mu.Lock()
		defer mu.Unlock()
		for o, at := range added {
			if looked[o] < at {
				count++
			}
		}
		return count
	}
	// What was looked at after it was added may still have to come once more, as what was to come later.
	for deadline := time.Now().Add(time.Minute); missing()+left() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d objects were not looked at since they were added, %d are left", missing(), left())
		}
	}
	q.ShutDown()
	working.Wait()
}
