package main

import (
	"fmt"
	"io"
	"time"
)

// progress tells a person what happens while a run starts and stops.
type progress struct {
	out   io.Writer
	since time.Time
	now   func() time.Time
}

func newProgress(out io.Writer) *progress {
	return &progress{out: out, since: time.Now(), now: time.Now}
}

// say prints a line with the seconds since the start.
func (p *progress) say(format string, arguments ...any) {
	_, _ = fmt.Fprintf(p.out, "%6.1f s  %s\n", p.now().Sub(p.since).Seconds(), fmt.Sprintf(format, arguments...))
}
