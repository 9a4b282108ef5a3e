package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/acme/inventory-service/internal/mutant"
)

// found is what became of the mutants, as the result's file has it.
type found struct {
	Caught int `json:"caught"`
	Total  int `json:"total"`
	// Survivors are the mutants that at least one of their tests let pass.
	Survivors []mutant.Name `json:"survivors"`

	mu sync.Mutex
}

// playAll plays the mutants, some at a time.
func (t *tests) playAll(ctx context.Context, chosen []mutant.Mutant) *found {
	f := &found{Survivors: []mutant.Name{}}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, m := range chosen {
		group.Go(func() error {
			began := time.Now()
			missed := t.play(ctx, m)
			if ctx.Err() == nil {
				f.add(m, missed, time.Since(began))
			}
			return nil
		})
	}
	_ = group.Wait()
	return f
}

// play returns why tests of a mutant did not catch it, nothing if all did.
func (t *tests) play(ctx context.Context, m mutant.Mutant) (missed []string) {
	for _, c := range m.CaughtBy {
		code, out := t.run(ctx, c, m.Name)
		if t.verbose {
			fmt.Printf("== %s, %s of %s\n%s\n", m.Name, c.Test, c.Package, tail(out))
		}
		if err := caught(c, code, out); err != nil {
			missed = append(missed, fmt.Sprintf("%s of %s: %v", c.Test, c.Package, err))
		}
	}
	return missed
}

// add notes and prints what became of one mutant.
func (f *found) add(m mutant.Mutant, missed []string, took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Total++
	if len(missed) > 0 {
		f.Survivors = append(f.Survivors, m.Name)
		fmt.Printf("%-34s SURVIVED (%s): %s\n", m.Name, m.Fault, strings.Join(missed, "; "))
		return
	}
	f.Caught++
	var by []string
	for _, c := range m.CaughtBy {
		by = append(by, c.Test)
	}
	fmt.Printf("%-34s caught by %s, %.1f s\n", m.Name, strings.Join(by, ", "), took.Seconds())
}

// tell prints the sum, writes it to a file if one is named, and fails if a
// mutant survived.
func (f *found) tell(out io.Writer, file string) error {
	slices.Sort(f.Survivors)
	if _, err := fmt.Fprintf(out, "%d/%d mutants caught\n", f.Caught, f.Total); err != nil {
		return err
	}
	if file != "" {
		text, err := json.MarshalIndent(f, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o600); err != nil {
			return err
		}
	}
	if len(f.Survivors) > 0 {
		return fmt.Errorf("survived: %v: each is a hole in the tests", f.Survivors)
	}
	return nil
}
