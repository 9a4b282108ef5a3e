package main

import (
	"context"
	"fmt"
	"time"
)

// pageCell is a way to write pages of a journal: objects in the API server that hold
// batches of records and are written over, each write on condition that the last one is
// what is there.
type pageCell struct {
	kib    int // of records, incompressible
	schema pageSchema
	// pages is how many are written in turn.
	pages int
}

// path is how --only names the cell.
func (c pageCell) path() string {
	return fmt.Sprintf("pages/%d/%s/%d", c.kib, c.schema, c.pages)
}

// pageSchema is what a CRD of pages asks the API server to check.
type pageSchema string

const (
	// formatted checks that the records are base64.
	formatted pageSchema = "byte"
	// ruled checks that, and by a CEL rule the token of the version that is written over.
	ruled pageSchema = "rule"
	// unformatted has the rule alone: records are any text.
	unformatted pageSchema = "text"
)

// pageLoad is pages of one size that are written for a while at a steady rate. Each has
// a schema that no other has, since the API server keeps versions by kind.
type pageLoad struct {
	kib       int
	schema    pageSchema
	perSecond int
	lasts     time.Duration
}

func (l pageLoad) path() string { return fmt.Sprintf("pages/memory/%d", l.kib) }

// pageForm is how much of the laboratory of pages is measured.
type pageForm struct {
	cells []pageCell
	// puts is how many writes each cell has.
	puts  int
	loads []pageLoad
	// codings says that the coding of a batch is measured.
	codings bool
}

func (f pageForm) empty() bool { return len(f.cells) == 0 && len(f.loads) == 0 && !f.codings }

// only is the form with no more than what matches.
func (f pageForm) only(matches func(path string) bool) pageForm {
	some := pageForm{puts: f.puts, codings: f.codings && matches("pages/encoding")}
	for _, c := range f.cells {
		if matches(c.path()) {
			some.cells = append(some.cells, c)
		}
	}
	for _, l := range f.loads {
		if matches(l.path()) {
			some.loads = append(some.loads, l)
		}
	}
	return some
}

// pageCells are all combinations.
func pageCells(kib ...int) (cells []pageCell) {
	for _, size := range kib {
		for _, schema := range []pageSchema{formatted, ruled, unformatted} {
			for _, pages := range []int{1, 8} {
				cells = append(cells, pageCell{size, schema, pages})
			}
		}
	}
	return cells
}

// pages is what the laboratory found.
type pages struct {
	// Idle is what the servers take while nobody writes, in ms of CPU time a second: it
	// is part of the costs.
	Idle    *pageIdle    `json:"idle,omitempty"`
	Costs   []pageCost   `json:"costs,omitempty"`
	Memory  []pageMemory `json:"memory,omitempty"`
	Codings []pageCoding `json:"codings,omitempty"`
}

// pages measures what the form has. With an error comes what was measured before it.
func (b *bench) pages(ctx context.Context, f pageForm) (found *pages, err error) {
	if f.empty() {
		return nil, nil
	}
	fmt.Println("pages of a journal")
	found = &pages{}
	if f.codings {
		if found.Codings, err = codeBatches(); err != nil {
			return found, err
		}
	}
	if len(f.cells) == 0 && len(f.loads) == 0 {
		return found, nil
	}
	if err := b.lab.installPages(ctx); err != nil {
		return found, err
	}
	idle, err := b.lab.pageIdle(ctx)
	if err != nil {
		return found, err
	}
	found.Idle = &idle
	// Memory first: what the other cells leave in it stays there for minutes.
	for _, l := range f.loads {
		memory, err := b.lab.pageMemory(ctx, l)
		if err != nil {
			return found, fmt.Errorf("%s: %w", l.path(), err)
		}
		fmt.Printf("  %-16s %.0f/s  kube-apiserver %.0f to %.0f MiB  etcd %.0f to %.0f MiB\n", l.path(), memory.Rate,
			memory.APIServerBefore.RSS, memory.APIServerAfter.RSS, memory.EtcdBefore.RSS, memory.EtcdAfter.RSS)
		found.Memory = append(found.Memory, memory)
	}
	for _, c := range f.cells {
		cost, err := b.lab.pageCost(ctx, c, f.puts)
		if err != nil {
			return found, fmt.Errorf("%s: %w", c.path(), err)
		}
		fmt.Printf("  %-16s p50 %6.2f ms  kube-apiserver %.2f ms  etcd %.2f ms\n", c.path(), cost.P50, cost.CPUAPIServer, cost.CPUEtcd)
		found.Costs = append(found.Costs, cost)
	}
	return found, nil
}
