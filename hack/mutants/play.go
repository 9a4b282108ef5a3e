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
)

// found is what became of the mutants, as the result's file has it.
type found struct {
	Caught int `json:"caught"`
	Total  int `json:"total"`
	// Survivors are the mutants that at least one of their tests let pass.
	Survivors []string `json:"survivors"`

	mu sync.Mutex
}

// playAll plays the mutants, some at a time.
func (t *tests) playAll(ctx context.Context, chosen []mutant) *found {
	f := &found{Survivors: []string{}}
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
func (t *tests) play(ctx context.Context, m mutant) (missed []string) {
	for _, c := range m.caughtBy {
		code, out := t.run(ctx, c, m.name)
		if t.verbose {
			fmt.Printf("== %s, %s of %s\n%s\n", m.name, c.test, c.pkg, tail(out))
		}
		if err := caught(c, code, out); err != nil {
			missed = append(missed, fmt.Sprintf("%s of %s: %v", c.test, c.pkg, err))
		}
	}
	return missed
}

// add notes and prints what became of one mutant.
func (f *found) add(m mutant, missed []string, took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Total++
	if len(missed) > 0 {
		f.Survivors = append(f.Survivors, m.name)
		fmt.Printf("%-34s SURVIVED (%s): %s\n", m.name, m.fault, strings.Join(missed, "; "))
		return
	}
	f.Caught++
	var by []string
	for _, c := range m.caughtBy {
		by = append(by, c.test)
	}
	fmt.Printf("%-34s caught by %s, %.1f s\n", m.name, strings.Join(by, ", "), took.Seconds())
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
