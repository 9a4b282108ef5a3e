package soak

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// sample is what was measured at one moment. What did not answer, such as a process that is
// being restarted, has no figure.
type sample struct {
	At time.Time `json:"at"`
	// Disturbances are how many there were so far.
	Disturbances int64              `json:"disturbances"`
	Figures      map[string]float64 `json:"figures"`
}

const mib = 1 << 20

// figures of processes, of which the two replicas are told apart by a number.
var ofProcess = map[string]struct {
	metric, label string
	unit          float64
}{
	"RSS MiB":         {"process_resident_memory_bytes", "", mib},
	"heap MiB":        {"go_memstats_heap_inuse_bytes", "", mib},
	"goroutines":      {"go_goroutines", "", 1},
	"open files":      {"process_open_fds", "", 1},
	"CPU seconds":     {"process_cpu_seconds_total", "", 1},
	"records behind":  {"inventory_archive_lag_records", "", 1},
	"journal MiB":     {"inventory_journal_bytes", stored, mib},
	"outcomes behind": {"inventory_publisher_backlog", "", 1},
}

// stored is the size of a journal to which its bound applies.
const stored = `state="stored"`

func (s *soak) sample() sample {
	taken := sample{At: time.Now(), Disturbances: s.disturbances.Load(), Figures: map[string]float64{"carts": float64(s.told.number())}}
	for i := range s.operators {
		taken.process("operator", i, metrics(s.get("http://"+s.operator(i).metrics+"/metrics")))
		taken.process("archive", i, metrics(s.get("http://"+s.archiver(i).metrics+"/metrics")))
	}
	taken.add("etcd in use MiB", metrics(s.get(s.ControlPlane.EtcdURL()+"/metrics")), "etcd_mvcc_db_total_size_in_use_in_bytes", "", mib)
	for _, server := range []string{"etcd", "kube-apiserver"} {
		if kib := s.resident(server); kib > 0 {
			taken.Figures[server+" RSS MiB"] = kib / 1024
		}
	}
	var database int64
	if s.archived.Pool.QueryRow(s.Context(), "SELECT pg_database_size(current_database())").Scan(&database) == nil {
		taken.Figures["database MiB"] = float64(database) / mib
	}
	return taken
}

// process adds the figures of one replica of a program.
func (t *sample) process(program string, replica int, m metrics) {
	for name, figure := range ofProcess {
		t.add(fmt.Sprintf("%s %d %s", program, replica, name), m, figure.metric, figure.label, figure.unit)
	}
}

func (t *sample) add(name string, m metrics, metric, label string, unit float64) {
	if m.has(metric) {
		t.Figures[name] = m.of(metric, label) / unit
	}
}

// larger is the figure of that replica which has more of it.
func (t *sample) larger(program, name string) (value float64, is bool) {
	for replica := range 2 {
		figure, told := t.Figures[fmt.Sprintf("%s %d %s", program, replica, name)]
		value, is = max(value, figure), is || told
	}
	return value, is
}

// String is one line of the soak's log.
func (t *sample) String() string {
	heap, _ := t.larger("operator", "heap MiB")
	memory, _ := t.larger("operator", "RSS MiB")
	archives, _ := t.larger("archive", "RSS MiB")
	behind, _ := t.larger("archive", "records behind")
	return fmt.Sprintf("%s %7.0f carts; MiB: operator %.0f (heap %.0f), archive %.0f, kube-apiserver %.0f, etcd %.0f in use, database %.0f; the archive is %.0f records behind",
		t.At.Format(time.TimeOnly), t.Figures["carts"], memory, heap, archives, t.Figures["kube-apiserver RSS MiB"],
		t.Figures["etcd in use MiB"], t.Figures["database MiB"], behind)
}

// log takes samples and keeps them in a file.
type log struct {
	*soak
	file  *os.File
	taken int
}

func newLog(s *soak) *log {
	l := &log{soak: s}
	if *samples == "" {
		return l
	}
	s.Must(os.MkdirAll(filepath.Dir(*samples), 0o750))
	var err error
	l.file, err = os.Create(*samples)
	s.Must(err)
	return l
}

// until takes samples until a time, or until something is done.
func (l *log) until(end time.Time, done func() bool) (all []sample) {
	for time.Now().Before(end) && !done() {
		l.rest(l.Context(), min(sampleEvery, time.Until(end)))
		taken := l.sample()
		all = append(all, taken)
		if l.file != nil {
			l.Must(json.NewEncoder(l.file).Encode(taken))
		}
		if l.taken++; l.taken%12 == 1 {
			l.Log(taken.String())
		}
	}
	return all
}

func (l *log) close() {
	if l.file != nil {
		l.Must(l.file.Close())
	}
}

// readSamples reads what a log has written.
func readSamples(path string) (all []sample, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	for decoder := json.NewDecoder(file); ; {
		var next sample
		if err := decoder.Decode(&next); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
}

// get reads a URL; one that does not answer has nothing.
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

// resident is the memory of a server of the control plane in KiB, 0 where it cannot be told.
// Its own metrics would cost it more than all carts of a second.
func (s *soak) resident(server string) (kib float64) {
	pid, err := os.ReadFile(filepath.Join(s.ControlPlane.Dir(), server+".pid"))
	if err != nil {
		return 0
	}
	status, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, _ = strconv.ParseFloat(strings.Fields(value)[0], 64)
		}
	}
	return kib
}

// metrics are those of a process, as Prometheus reads them.
type metrics string

// has tells whether there is a metric.
func (m metrics) has(name string) bool { return strings.Contains(string(m), "\n# TYPE "+name+" ") }

// of sums up the series of a metric that have a label, or all.
func (m metrics) of(name, label string) (sum float64) {
	lines := bufio.NewScanner(strings.NewReader(string(m)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		series, value, _ := strings.Cut(lines.Text(), " ")
		metric, labels, _ := strings.Cut(series, "{")
		if metric == name && strings.Contains(labels, label) {
			number, _ := strconv.ParseFloat(value, 64)
			sum += number
		}
	}
	return sum
}
