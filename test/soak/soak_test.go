package soak

import (
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/test/testbed"
)

var (
	duration = flag.Duration("soak", 0, "how long the soak lasts; 0 skips it")
	rate     = flag.Float64("rate", 25, "carts a second, once the journal is at its bound")
	seed     = flag.Uint64("seed", 1, "what the clients and the disturbances draw from")
	samples  = flag.String("samples", "", "file that samples are written to, and that TestPlot reads")
	drawing  = flag.String("plot", "", "SVG file that TestPlot draws")
)

func TestMain(m *testing.M) {
	os.Exit(postgrestest.Main(func() int { return testbed.Main(m) }))
}

const (
	// journalLimit is as low as can be, so that the bound is reached within minutes and
	// everything is forgotten and written over many times.
	journalLimit = 8 << 20
	// maxShown is low for the same reason.
	maxShown = "1000"
	clients  = 24
	products = 20
	// received is more than can be sold in any soak.
	received    = 1_000_000_000
	sampleEvery = 5 * time.Second
)

func TestSoak(t *testing.T) {
	if *duration == 0 {
		t.Skip("give -soak 1h")
	}
	end := time.Now().Add(*duration)
	s := start(t)
	load, stopLoad := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.renewToken(load) })
	running.Go(func() { s.keep(load) })
	for i := range clients {
		running.Go(func() { s.shop(load, rand.New(rand.NewPCG(*seed, uint64(i)))) })
	}
	log := newLog(s)
	log.until(time.Now().Add(*duration/3), s.atBound)
	s.pace.Store(int64(float64(clients) / *rate * float64(time.Second)))
	t.Logf("the journal has %d bytes, its bound is %d: from now on %.0f carts a second", s.journalBytes(), journalLimit, *rate)

	quarter := time.Until(end) / 4
	phases := map[string][]sample{}
	for _, phase := range []string{disturbed, untouched, disturbedAgain} {
		var disturbing sync.WaitGroup
		lasts := quarter
		if phase == untouched {
			lasts = 2 * quarter
		}
		ctx, stop := context.WithTimeout(load, lasts)
		if phase != untouched {
			disturbing.Go(func() { s.disturb(ctx, lasts) })
		}
		phases[phase] = log.until(time.Now().Add(lasts), func() bool { return false })
		stop()
		disturbing.Wait()
	}
	stopLoad()
	running.Wait()
	t.Logf("%s; %d disturbances, %d archives ended by themselves", s.told, s.disturbances.Load(), s.ended.Load())
	judge(t, phases)
	s.settle()
	log.close()
}
