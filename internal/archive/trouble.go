package archive

import (
	"sync"
	"time"

	"github.com/go-logr/logr"
)

// trouble says once when the database begins to fail and once when that ends. It is safe for
// concurrent use.
type trouble struct {
	mu    sync.Mutex
	since time.Time
	what  string
}

func (t *trouble) begin(logger logr.Logger, namespace string, err error) {
	failures.WithLabelValues(namespace).Inc()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.what = err.Error(); !t.since.IsZero() {
		logger.V(1).Info("The database still fails", "error", err.Error())
		return
	}
	t.since = time.Now()
	logger.Error(err, "The database fails: the archive waits, nothing is lost as long as the journal keeps what was not read")
}

func (t *trouble) end(logger logr.Logger) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.since.IsZero() {
		return
	}
	logger.Info("The archive goes on", "failedFor", time.Since(t.since).Round(time.Millisecond).String())
	t.since, t.what = time.Time{}, ""
}

// now is what is wrong, empty if nothing is.
func (t *trouble) now() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.what
}
