package allocator

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"

	"github.com/acme/inventory-service/internal/ledger"
)

// delivery is one StockItem that came out, and when.
type delivery struct {
	Name  string
	After time.Duration
}

// pacing runs script against staleItems in virtual time and returns what was
// delivered within a minute after it.
func pacing(t *testing.T, script func(mark func(busy bool, products ...string))) []delivery {
	var got []delivery
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		q := newStaleItems(clock.RealClock{}, func(_ string, key ledger.Key) []string { return []string{key.ProductID} })
		ended := make(chan struct{})
		go func() { q.run(ctx); close(ended) }()
		go func() {
			for {
				select {
				case e := <-q.out:
					got = append(got, delivery{e.Object.GetName(), time.Since(began)})
				case <-ended:
					return
				}
			}
		}()
		script(func(busy bool, products ...string) {
			var keys []ledger.Key
			for _, product := range products {
				keys = append(keys, ledger.Key{ProductID: product, LocationID: "a"})
			}
			q.mark("shop", keys, busy)
			synctest.Wait()
		})
		time.Sleep(time.Minute)
		cancel()
		<-ended
	})
	return got
}

func TestIdleItemsAreDeliveredAtOnce(t *testing.T) {
	got := pacing(t, func(mark func(bool, ...string)) {
		time.Sleep(time.Hour)
		mark(false, "a", "b")
		time.Sleep(time.Second)
		mark(false, "a")
		mark(false)
	})
	want := []delivery{{"a", time.Hour}, {"b", time.Hour}, {"a", time.Hour + time.Second}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
}

// While decisions go on items wait, and a key waits once however often it
// changes. As soon as decisions rest, all are delivered in order of waiting.
func TestItemsWaitForDecisionsToRest(t *testing.T) {
	var rested time.Duration
	got := pacing(t, func(mark func(bool, ...string)) {
		began := time.Now()
		for range 20 {
			mark(true, "a")
			mark(true, "b")
			mark(true, "a")
			time.Sleep(20 * time.Millisecond)
		}
		rested = time.Since(began) - 20*time.Millisecond + restAfter
	})
	if len(got) != 2 || got[0].Name != "a" || got[1].Name != "b" {
		t.Fatalf("deliveries are %v, want a and b once each", got)
	}
	for _, d := range got {
		if d.After < rested || d.After > rested+pace {
			t.Errorf("%s came after %s, want within %s of %s", d.Name, d.After, pace, rested)
		}
	}
}

// Where nothing is decided for a moment alone, little comes of the many that wait,
// and once decisions go on again nothing more: all at once they would be in the way.
// What is left comes the faster the longer nothing is decided.
func TestManyItemsComeSlowlyAtFirst(t *testing.T) {
	const products, gap = 3000, 500 * time.Millisecond
	var gapEnds, idleFrom time.Duration
	got := pacing(t, func(mark func(bool, ...string)) {
		began := time.Now()
		for i := range products {
			mark(true, fmt.Sprint("p", i))
		}
		time.Sleep(gap)
		gapEnds = time.Since(began)
		for range 100 {
			mark(true)
			time.Sleep(restAfter / 2)
		}
		idleFrom = time.Since(began) - restAfter/2 + restAfter
	})
	if len(got) != products {
		t.Errorf("%d deliveries, want %d", len(got), products)
	}
	within := func(from, to time.Duration) (count int) {
		for _, d := range got {
			if d.After >= from && d.After < to {
				count++
			}
		}
		return count
	}
	most := func(spans time.Duration) int { return idleBurst * int(spans/pace+1) }
	if count := within(0, gapEnds); count == 0 || count > most(gap-restAfter) {
		t.Errorf("%d deliveries in a gap of %s, want some and no more than %d", count, gap, most(gap-restAfter))
	}
	if count, paid := within(gapEnds, idleFrom), products/20; count > paid {
		t.Errorf("%d deliveries once decisions go on, want no more than %d", count, paid)
	}
	first, third := within(idleFrom, idleFrom+time.Second), within(idleFrom+2*time.Second, idleFrom+3*time.Second)
	if first == 0 || first > most(time.Second)*2 || third < 2*first {
		t.Errorf("%d deliveries in the first second of idleness and %d in the third, want them to grow", first, third)
	}
	if last := got[len(got)-1].After - idleFrom; last > 10*time.Second {
		t.Errorf("the last came after %s of idleness", last)
	}
}

// While decisions never rest, items get their share and no more: at most one
// write for twenty changes, the longest waiting first, none before its time.
func TestItemsGetTheirShareWhileDecisionsGoOn(t *testing.T) {
	const changes, products = 2000, 40
	marked := map[string]time.Duration{}
	got := pacing(t, func(mark func(bool, ...string)) {
		began := time.Now()
		for i := range changes {
			product := fmt.Sprint("p", i%products)
			if _, known := marked[product]; !known {
				marked[product] = time.Since(began)
			}
			mark(true, product)
			time.Sleep(5 * time.Millisecond)
		}
	})
	during := 0
	order := []string{}
	for _, d := range got {
		if d.After < changes*5*time.Millisecond {
			during++
		}
		if d.After < marked[d.Name]+maxStale {
			t.Fatalf("%s came after %s, marked at %s", d.Name, d.After, marked[d.Name])
		}
		if len(order) < products {
			order = append(order, d.Name)
		}
	}
	if most := changes/20 + maxCredit; during > most {
		t.Errorf("%d deliveries for %d changes, want at most %d", during, changes, most)
	}
	if during < changes/20/2 {
		t.Errorf("%d deliveries for %d changes: the share is not used", during, changes)
	}
	for i, name := range order {
		if want := fmt.Sprint("p", i); name != want {
			t.Fatalf("delivery %d is %s, want %s, which waited longest", i, name, want)
		}
	}
}

// Nobody takes what is delivered: the end of the context still ends the run.
func TestRunEndsWhileNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		q := newStaleItems(clock.RealClock{}, func(string, ledger.Key) []string { return []string{"a"} })
		q.mark("shop", []ledger.Key{{ProductID: "a"}}, false)
		ended := make(chan struct{})
		go func() { q.run(ctx); close(ended) }()
		synctest.Wait()
		cancel()
		<-ended
	})
}
