package publisher

import (
	"sync"

	"github.com/go-logr/logr"
)

// quietFailures is how many attempts in a row must fail before it is told.
const quietFailures = 3

// health tells the log when its sink starts failing and when it works again, once each.
type health struct {
	mu       sync.Mutex
	failures int
}

func (h *health) worked(log logr.Logger, sink string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failures >= quietFailures {
		log.Info("the sink accepts events again", "sink", sink)
	}
	h.failures = 0
}

func (h *health) failed(log logr.Logger, sink string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures++
	if h.failures == quietFailures {
		log.Info("the sink does not accept events: see that it runs and that its URL is right; "+
			"nothing is lost, delivery is tried again until it works", "sink", sink, "error", err.Error())
	}
}
