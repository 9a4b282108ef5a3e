package soak

import (
	"context"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"

	"github.com/acme/inventory-service/test/testbed"
)

// disturbances are how many there are in a phase, in turn.
const disturbancesOfPhase = 8

// disturb does something to a process now and then until ctx ends.
func (s *soak) disturb(ctx context.Context, lasts time.Duration) {
	random := rand.New(rand.NewPCG(*seed, clients+uint64(s.disturbances.Load())))
	for n := range disturbancesOfPhase {
		if !s.rest(ctx, lasts/(disturbancesOfPhase+1)) {
			return
		}
		i := random.IntN(len(s.operators))
		switch n % 7 {
		case 0, 6:
			s.Log("every process is restarted, one after the other")
			s.roll()
		case 1:
			s.Log("an operator is killed")
			s.again(s.operator(i), s.launch, i, (*testbed.Operator).Kill)
		case 2:
			s.Log("an operator is frozen")
			s.freeze(ctx, s.operator(i))
		case 3:
			s.Log("an archive is killed")
			s.again(s.archiver(i), s.archive, i, (*testbed.Operator).Kill)
		case 4:
			s.Log("PostgreSQL is restarted")
			s.Must(s.database.Shutdown())
			s.Must(s.database.Restart(s.Context()))
		case 5:
			s.Log("the sink is away")
			s.sink.away.Store(true)
			s.rest(ctx, 10*time.Second)
			s.sink.away.Store(false)
		}
		s.disturbances.Add(1)
	}
}

// roll restarts one process after the other, as Kubernetes rolls a release out.
func (s *soak) roll() {
	for i := range s.operators {
		s.again(s.operator(i), s.launch, i, (*testbed.Operator).Stop)
	}
	for i := range s.archives {
		s.again(s.archiver(i), s.archive, i, (*testbed.Operator).Stop)
	}
}

// again ends a process and starts it again, unless it has ended by itself and is being started.
func (s *soak) again(p *process, start func(int), i int, end func(*testbed.Operator)) {
	if p.told.CompareAndSwap(false, true) {
		end(p.Operator)
		start(i)
	}
}

// keep starts again what has ended by itself, as Kubernetes does, until ctx ends: an archive ends
// when it has lost its lease. An operator never does.
func (s *soak) keep(ctx context.Context) {
	for s.rest(ctx, time.Second) {
		for i := range s.operators {
			if o := s.operator(i); !o.Runs() && o.told.CompareAndSwap(false, true) {
				s.Errorf("an operator has ended by itself: %s", lastOf(o.Log()))
				s.launch(i)
			}
			if a := s.archiver(i); !a.Runs() && a.told.CompareAndSwap(false, true) {
				s.ended.Add(1)
				s.Logf("an archive has ended by itself: %s", lastOf(a.Log()))
				s.archive(i)
			}
		}
	}
}

// lastOf is the last line of a log.
func lastOf(log string) string {
	log = strings.TrimSpace(log)
	return log[strings.LastIndexByte(log, '\n')+1:]
}

// freeze stops a process for longer than a lease.
func (s *soak) freeze(ctx context.Context, p *process) {
	p.Signal(syscall.SIGSTOP)
	defer p.Signal(syscall.SIGCONT)
	s.rest(ctx, 8*time.Second)
}

// rest lets time pass: the pace of disturbances is not that of anything that is waited for.
func (s *soak) rest(ctx context.Context, d time.Duration) (more bool) {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (s *soak) operator(i int) *process {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.operators[i]
}

func (s *soak) archiver(i int) *process {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.archives[i]
}
