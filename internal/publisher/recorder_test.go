package publisher

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// recorder is a sink that notes every request and answers as told.
type recorder struct {
	*httptest.Server
	mu       sync.Mutex
	answer   func(id string) int
	received map[string][]string // by event id
	accepted map[string]int
	news     chan struct{}
}

func newRecorder(t *testing.T) *recorder {
	r := &recorder{received: map[string][]string{}, accepted: map[string]int{}, news: make(chan struct{})}
	r.answerWith(http.StatusNoContent)
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *recorder) answerWith(status int) { r.answerBy(func(string) int { return status }) }

func (r *recorder) answerBy(f func(id string) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

// ServeHTTP notes everything of the request that makes the event.
func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	what := q.Header.Get("Content-Type") + "\n"
	for _, name := range []string{"Id", "Source", "Type", "Subject", "Time", "Specversion", "Knativeerrordest", "Knativeerrorcode", "Knativeerrordata"} {
		what += name + ": " + q.Header.Get("Ce-"+name) + "\n"
	}
	what += string(body)
	id := q.Header.Get("Ce-Id")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.received[id] = append(r.received[id], what)
	status := r.answer(id)
	if status < 300 {
		r.accepted[id]++
	}
	close(r.news)
	r.news = make(chan struct{})
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "answer %d", status)
}

// sent is everything that came under an event id, acceptedOf how often it was accepted.
func (r *recorder) sent(id string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.received[id])
}

func (r *recorder) acceptedOf(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.accepted[id]
}

// await waits until the recorder is as wanted. The function is called under its lock.
func (r *recorder) await(t *testing.T, wanted func() bool) {
	t.Helper()
	late := time.After(patience)
	for {
		r.mu.Lock()
		done, news := wanted(), r.news
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-news:
		case <-late:
			t.Fatal("the sink did not get what it should")
		}
	}
}

// await waits until something that nobody tells is so.
func await(t *testing.T, wanted func() bool) {
	t.Helper()
	for begun := time.Now(); !wanted(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatal("it does not come to what it should")
		}
	}
}

// seriesOf are the namespaces of a metric.
func seriesOf(t *testing.T, metric prometheus.Collector) (namespaces []string) {
	t.Helper()
	series := make(chan prometheus.Metric, 1000)
	metric.Collect(series)
	close(series)
	for s := range series {
		var written dto.Metric
		if err := s.Write(&written); err != nil {
			t.Fatal(err)
		}
		namespaces = append(namespaces, written.GetLabel()[0].GetValue())
	}
	return namespaces
}
