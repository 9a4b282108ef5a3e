package soak

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
)

// sample is what was measured at one moment, in bytes.
type sample struct {
	at time.Time
	// etcd is the database in use, heap that of the larger operator, server the memory of
	// kube-apiserver.
	etcd, heap, server float64
	carts              int64
}

// String is one line of the soak's log.
func (s sample) String() string {
	const mib = 1 << 20
	return fmt.Sprintf("%s %7d carts, etcd %4.0f MiB in use, operator's heap %4.0f MiB, kube-apiserver %5.0f MiB",
		s.at.Format(time.TimeOnly), s.carts, s.etcd/mib, s.heap/mib, s.server/mib)
}

func (s *soak) sample() sample {
	taken := sample{at: time.Now(), carts: s.carts.Load()}
	taken.etcd = figure(s.get(s.ControlPlane.EtcdURL()+"/metrics"), "etcd_mvcc_db_total_size_in_use_in_bytes")
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, o := range s.operators {
		taken.heap = max(taken.heap, figure(s.get("http://"+o.metrics+"/metrics"), "go_memstats_heap_inuse_bytes"))
	}
	clients, err := kubernetes.NewForConfig(s.ControlPlane.RESTConfig())
	if err != nil {
		s.Error(err)
		return taken
	}
	text, err := clients.RESTClient().Get().AbsPath("/metrics").DoRaw(s.Context())
	if err != nil {
		s.Logf("kube-apiserver tells no metrics: %v", err)
	}
	taken.server = figure(string(text), "process_resident_memory_bytes")
	return taken
}

// get reads a URL; one that does not answer, such as that of an operator that is being
// restarted, has nothing.
func (s *soak) get(url string) string {
	ctx, cancel := context.WithTimeout(s.Context(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		s.Error(err)
		return ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(response.Body)
	return string(text)
}

// figure is a metric without labels, 0 where it is not told.
func figure(metrics, name string) float64 {
	lines := bufio.NewScanner(strings.NewReader(metrics))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			number, _ := strconv.ParseFloat(value, 64)
			return number
		}
	}
	return 0
}

// judge compares the last third of a soak with the one before it.
func judge(t *testing.T, samples []sample) {
	t.Helper()
	third := len(samples) / 3
	if third == 0 {
		t.Error("too short to tell whether anything grows: give -soak 5m at least")
		return
	}
	before, after := samples[third:2*third], samples[len(samples)-third:]
	for _, figure := range []struct {
		name string
		of   func(sample) float64
	}{
		{"etcd's database in use", func(s sample) float64 { return s.etcd }},
		{"the operator's heap", func(s sample) float64 { return s.heap }},
		{"kube-apiserver's memory", func(s sample) float64 { return s.server }},
	} {
		was, is := median(before, figure.of), median(after, figure.of)
		t.Logf("%s: %.1f MiB in the second third, %.1f MiB in the last: %.2f", figure.name, was/(1<<20), is/(1<<20), is/was)
		if is == 0 || is > growth*was {
			t.Errorf("%s has grown", figure.name)
		}
	}
}

func median(samples []sample, of func(sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
