package output

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Progress is a bar for a person who waits, drawn over again in one line. Where nobody
// looks it prints nothing. Its methods are safe for concurrent use.
type Progress struct {
	out    io.Writer
	screen Screen
	what   string
	total  int

	mu    sync.Mutex
	done  int
	drawn time.Time
}

// NewProgress begins a bar of so many steps. screen is that of out.
func NewProgress(out io.Writer, screen Screen, what string, total int) *Progress {
	return &Progress{out: out, screen: screen, what: what, total: total}
}

// redrawEvery is often enough to look alive.
const redrawEvery = 100 * time.Millisecond

// Step says that one more is done.
func (p *Progress) Step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if !p.screen.Terminal || time.Since(p.drawn) < redrawEvery {
		return
	}
	p.drawn = time.Now()
	_, _ = fmt.Fprintf(p.out, "\r%s [%s] %d of %d", p.what, p.screen.Bar(int64(p.total), int64(p.done)), p.done, p.total)
}

// End takes the bar away.
func (p *Progress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.drawn.IsZero() {
		const widest = 40
		_, _ = fmt.Fprintf(p.out, "\r%s\r", strings.Repeat(" ", len(p.what)+widest))
	}
}
