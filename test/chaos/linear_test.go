package chaos

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/linear"
	"github.com/acme/inventory-service/test/testbed"
)

const (
	linearName = "porcupine histories"
	// linearAtOnce is how many histories are made at a time.
	linearAtOnce = 10
	// checkTime is how long porcupine may take for one history; more is a failure.
	checkTime = 30 * time.Second
)

// linearShop is where histories are made.
type linearShop struct {
	w       *testbed.World
	fault   *faultreport.Fault
	bridges []string
	levels  bool
	seed    uint64
}

func newLinearShop(t *testing.T, w *testbed.World, operators ...*testbed.Operator) *linearShop {
	t.Helper()
	s := &linearShop{w: w, fault: faultreport.Begin(t, linearName), seed: uint64(time.Now().UnixNano())}
	if text := os.Getenv("SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		w.Must(err)
		s.seed = seed
	}
	t.Logf("SEED=%d plays the same clients", s.seed)
	for _, o := range operators {
		s.bridges = append(s.bridges, o.Bridge)
	}
	return s
}

// histories makes some histories, several at a time, and checks each.
func (s *linearShop) histories(t *testing.T, from, n int) {
	t.Helper()
	var made sync.WaitGroup
	free := make(chan struct{}, linearAtOnce)
	for i := range n {
		free <- struct{}{}
		made.Go(func() {
			defer func() { <-free }()
			s.history(t, from+i)
		})
	}
	made.Wait()
}

func (s *linearShop) history(t *testing.T, number int) {
	random := rand.New(rand.NewPCG(s.seed, uint64(number)))
	r := newLinearRound(t, s.w, fmt.Sprintf("h%d", number), random, s.bridges)
	r.levels = s.levels
	r.play(s.seed + uint64(number))
	r.finish()
	s.check(t, number, r.history)
}

func (s *linearShop) check(t *testing.T, number int, h *linear.History) {
	verdict := h.Check(checkTime)
	all, unknown := h.Operations()
	s.fault.Injected(1)
	s.fault.Checked(all)
	if verdict.Right() {
		t.Logf("history %d: %d operations, %d without an answer, checked in %v", number, all, unknown, verdict.Took)
		return
	}
	path := filepath.Join(t.ArtifactDir(), fmt.Sprintf("history-%d", number))
	err := errors.Join(h.Save(path+".json"), verdict.Draw(path+".html"))
	s.fault.Violated("history %d of SEED=%d is %s: it is kept with -artifacts as %s.json and drawn in %s.html (%v)", number, s.seed, verdict.Result, path, path, err)
}

// TestHistories lets clients use two replicas that are well. Stock levels are part
// of what they are told, by whichever.
func TestHistories(t *testing.T) {
	w := testbed.NewWorld(t)
	leader := w.Operate(patientShown...)
	w.Stock("first", "first", "amsterdam", 1) // it leads
	s := newLinearShop(t, w, leader, w.Operate(patientShown...))
	s.levels = true
	s.histories(t, 0, linearShare(t, 50))
}

// linearShare is a share, in percent, of all histories that are asked for.
func linearShare(t *testing.T, percent int) int {
	return max(1, faultreport.Rounds(t, 50)*percent/100)
}

// patientShown are the flags of operators all of whose carts have an object: the clients wait
// for what becomes of one, also of a cart that ends before it would be made.
var patientShown = slices.Concat(testbed.PatientLease, showAll)
