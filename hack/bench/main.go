package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/acme/inventory-service/internal/postgres"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := benchmark(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func benchmark(ctx context.Context) (err error) {
	of := flag.String("form", "short", "how much to measure: smoke, short or long")
	dir := flag.String("dir", ".run", "where bench.json goes, and the data while it runs")
	data := flag.String("data", "", "a directory that keeps what etcd has, for growth to go on from there another time instead of filling up again")
	operator := flag.String("operator", "bin/inventory-operator", "the operator's binary")
	plain := flag.String("naive", "bin/bench-naive", "the plain reconciler's binary")
	plainServer := flag.String("server", "bin/bench-server", "the binary of the small HTTP server on PostgreSQL")
	only := flag.String("only", "", "measure only what matches this regular expression, as in ^hot/64/(floor|ours)$, ^events/, ^pages/8/, ^reads$, ^archive$ or ^growth/1000$")
	profiles := flag.String("profiles", "", "a directory that takes CPU profiles of the operator and of kube-apiserver, one of each turn")
	delay := flag.Duration("etcd-delay", 0, "how much longer kube-apiserver waits for each answer of etcd, such as 5ms for members on a network")
	plots := flag.String("plots", "", "measure nothing, and draw the plots of the last run into this directory")
	flag.Parse()
	if *plots != "" {
		return drawPlots(filepath.Join(*dir, "bench.json"), *plots)
	}
	form, ok := forms[*of]
	if !ok {
		return fmt.Errorf("--form is %q: give smoke, short or long", *of)
	}
	if *only != "" {
		pattern, err := regexp.Compile(*only)
		if err != nil {
			return fmt.Errorf("--only: %w", err)
		}
		if form = form.only(pattern); form.empty() {
			return fmt.Errorf("--only %s matches nothing of --form %s", *only, *of)
		}
	}
	if err := os.MkdirAll(*dir, 0o750); err != nil {
		return err
	}
	ctrl.SetLogger(logr.Discard()) // of our own informers
	lab, err := openLab(ctx, *dir, *data, *operator, *delay)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lab.close()) }()
	b, err := newBench(lab, form, *plain, *plainServer)
	if err != nil {
		return err
	}
	b.profiles = *profiles
	r := &result{Machine: thisMachine(), Ratios: map[string]float64{}}
	// Whatever ends a long run, what it has measured is there.
	defer func() {
		if !r.empty() {
			err = errors.Join(err, r.save(filepath.Join(*dir, "bench.json")))
		}
	}()
	if err := b.measureAll(ctx, form, r); err != nil {
		return err
	}
	fmt.Println()
	return r.print(os.Stdout)
}

// measureAll adds to a result all that the form has.
func (b *bench) measureAll(ctx context.Context, f form, r *result) (err error) {
	began := time.Now()
	for i, c := range f.cells {
		fmt.Printf("%d of %d: %s, %d clients, events: %s (%s so far)\n",
			i+1, len(f.cells), c.workload.name, c.clients, c.eventsTo(), time.Since(began).Round(time.Second))
		runs, err := b.play(ctx, c.without(b.absent))
		if err != nil {
			return err
		}
		r.Runs = append(r.Runs, runs...)
		r.compare()
	}
	if f.reads {
		fmt.Println("stock levels")
		level, err := b.reads(ctx)
		if err != nil {
			return err
		}
		r.Reads = &level
	}
	if r.Pages, err = b.pages(ctx, f.pages); err != nil {
		return err
	}
	if r.Growth, err = b.grow(ctx, f.growth); err != nil {
		return err
	}
	if r.Remembered, err = b.remember(ctx, f.remembered); err != nil {
		return err
	}
	if r.Archive, err = b.archives(ctx, f.archive); err != nil {
		return err
	}
	if r.Cold, err = b.coldStarts(ctx, f.cold); err != nil {
		return err
	}
	r.Platforms, err = b.platforms(ctx, f.platforms)
	return err
}

// newBench makes all contenders that this machine can run.
func newBench(lab *lab, f form, plain, server string) (*bench, error) {
	sink, err := lab.openSink()
	if err != nil {
		return nil, err
	}
	b := &bench{lab: lab, sink: sink, contenders: map[string]contender{}, rounds: f.rounds, warmUp: f.warmUp, measure: f.measure, bound: f.bound}
	objects := newOurs(lab)
	contenders := []contender{floor{lab: lab}, objects, &postgresDirect{lab: lab}}
	contenders = append(contenders, newBridges(lab, objects)...)
	contenders = append(contenders, newPostgresServers(lab, server)...)
	for _, workers := range []int{1, 8, 64} {
		contenders = append(contenders, &naive{watching: watching{lab: lab}, program: plain, workers: workers})
	}
	_, missing := postgres.Installations()
	if missing != nil {
		fmt.Printf("without PostgreSQL: %v\n", missing)
	}
	for _, c := range contenders {
		if _, needs := c.(onDatabase); needs && missing != nil {
			b.absent = append(b.absent, c.name())
		}
		b.contenders[c.name()] = c
	}
	return b, nil
}

func (c cell) without(absent []string) cell {
	c.contenders = slices.DeleteFunc(slices.Clone(c.contenders), func(name string) bool { return slices.Contains(absent, name) })
	return c
}
