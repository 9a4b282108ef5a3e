package publisher

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// payloads notes what came under each event id.
type payloads struct {
	mu   sync.Mutex
	byID map[string][]string
}

func newPayloads() *payloads { return &payloads{byID: map[string][]string{}} }

// before notes a request on its way to a sink.
func (p *payloads) before(sink transport) transport {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		p.note(r.Header.Get("Ce-Id"), fmt.Sprint(r.Header, string(body)))
		sink(w, r)
	}
}

func (p *payloads) note(id, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byID[id] = append(p.byID[id], what)
}

// check fails where an event did not stay the same.
func (p *payloads) check(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, all := range p.byID {
		if i := slices.IndexFunc(all, func(what string) bool { return what != all[0] }); i > 0 {
			t.Errorf("event %s is\n%s\nand was\n%s", id, all[i], all[0])
		}
	}
}
