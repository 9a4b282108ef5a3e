package allocator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/test/fixture"
)

// emptyAPI is an API server with no page in it, whose watches are the test's.
type emptyAPI struct {
	lists, watches atomic.Int64
}

// runner returns a process of that server that has not been started.
func (a *emptyAPI) runner(t *testing.T, watch http.HandlerFunc) *allocator.Runner {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("watch") == "true" {
			a.watches.Add(1)
			watch(w, r)
			return
		}
		a.lists.Add(1)
		_, _ = io.WriteString(w, `{"kind":"JournalPageList","apiVersion":"inventory.acme.com/v1","metadata":{"resourceVersion":"7"},"items":[]}`)
	}))
	t.Cleanup(server.Close)
	client, err := journal.NewClient(&rest.Config{Host: server.URL}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return allocator.NewRunner(allocator.RunnerOptions{
		Client: client, Namespace: "shop", Now: time.Now, Policy: fixture.Policy(), Config: fixture.Config("p1"),
	})
}

// A server, or a proxy before it, that ends every watch at once is not asked again at once:
// neither for the watch nor for a list.
func TestEndedWatchesAreNotSpunOn(t *testing.T) {
	for name, watch := range map[string]http.HandlerFunc{
		"in good order": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
		"as expired": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := &emptyAPI{}
			asked := func() int64 { return api.watches.Load() + api.lists.Load() }
			r := api.runner(t, watch)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			began := time.Now()
			go func() { ended <- r.Run(ctx) }()
			await(t, "it is asked again for a second", func() bool { return asked() >= 2 && time.Since(began) >= time.Second })
			cancel()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if n, took := asked(), time.Since(began); float64(n) > 60*took.Seconds() {
				t.Errorf("%d lists and %d watches in %v", api.lists.Load(), api.watches.Load(), took)
			}
		})
	}
}

// Whoever asks a process that stops is told so, before and after it has stopped: nobody
// waits for an answer that cannot come.
func TestAskEndsWithRun(t *testing.T) {
	r := (&emptyAPI{}).runner(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	asked := make(chan error, 2)
	ask := func() {
		_, err := r.Ask(context.Background(), mugs(1))
		asked <- err
	}
	r.Elect(true) // or nobody waits here
	go ask()
	await(t, "somebody waits", func() bool { return r.Waiting() == 1 })
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(atMost):
		t.Fatal("Run has not ended")
	}
	go ask()
	for range 2 {
		select {
		case err := <-asked:
			if !errors.Is(err, allocator.ErrNoAnswer) {
				t.Errorf("told %v", err)
			}
		case <-time.After(atMost):
			t.Fatal("somebody still waits after Run has ended")
		}
	}
}
