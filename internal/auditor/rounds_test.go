package auditor

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Whatever happens while an audit looks, it finds nothing where nothing is wrong: with
// watches and writes of every kind late by 0 to 2 s, with views that lag far behind, while
// pages are compacted and written over, and over take-overs. Nor is the operator's own
// write taken for somebody else's.
//
// ROUNDS says how many audits there are.
func TestRoundsWithoutFalseAlarm(t *testing.T) {
	rounds := 400
	if n, err := strconv.Atoi(os.Getenv("ROUNDS")); err == nil {
		rounds = n
	}
	const perWorld = 10
	var total reached
	var next atomic.Uint64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for seed := next.Add(1); seed <= uint64(rounds/perWorld) && !t.Failed(); seed = next.Add(1) {
				playRounds(t, seed, perWorld, &total)
			}
		})
	}
	group.Wait()
	t.Logf("%d rounds: %+v", rounds, total.counts)
	for what, n := range map[string]int{
		"audits": total.counts.audits, "pages written over": total.counts.heads, "settled at a second look": total.counts.unsettled,
		"take-overs": total.counts.takeOvers,
	} {
		if n == 0 {
			t.Errorf("never reached: %s", what)
		}
	}
}

// reached is what rounds came to.
type reached struct {
	sync.Mutex
	counts struct{ audits, decided, objects, unsettled, heads, takeOvers, overwritten int }
}

func playRounds(t *testing.T, seed uint64, rounds int, total *reached) {
	late := 2 * time.Second
	if seed%5 == 0 {
		late = 30 * time.Second // the views are far behind
	}
	w := newWorld(t, seed, late)
	w.run(20 * time.Second)
	for round := range rounds {
		if round%4 == 3 {
			w.after(time.Duration(w.rand.IntN(3000))*time.Millisecond, w.takeOver)
		}
		head := w.state().Head()
		r, err := w.audit().run(t.Context())
		total.Lock()
		switch {
		case errors.Is(err, errOverwritten):
			total.counts.overwritten++
		case err != nil:
			t.Errorf("seed %d, round %d: %v", seed, round, err)
		case len(r.found) > 0:
			t.Errorf("seed %d, round %d: %s", seed, round, Summary(r.found))
		default:
			total.counts.audits++
		}
		total.counts.unsettled += r.unsettled
		total.counts.heads += int(w.state().Head() - head)
		total.counts.objects += len(w.objects)
		total.Unlock()
		if len(w.accused) > 0 {
			t.Errorf("seed %d, round %d: somebody else is accused of %s", seed, round, w.accused[0])
		}
		if t.Failed() {
			return
		}
		w.run(time.Duration(w.rand.IntN(3000)) * time.Millisecond)
	}
	// At rest nothing is left unsettled.
	w.quiet = true
	w.run(2 * late)
	for i := 0; len(w.writing) > 0 && i < 20; i++ {
		w.run(late)
	}
	r, err := w.audit().run(t.Context())
	if err != nil || len(r.found) > 0 || r.unsettled > 0 {
		t.Errorf("seed %d, at rest: %v, %+v", seed, err, r)
	}
	total.Lock()
	total.counts.decided += w.decided
	total.counts.takeOvers += w.takeOvers - 1
	total.Unlock()
}
