package webhook

import (
	"errors"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/time/rate"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/acme/inventory-service/internal/allocator"
)

// operatorLog keeps the log for those who operate the service: trouble that they
// alone can end is told once a minute, not once a request.
type operatorLog struct {
	logr.Logger
	refusals rate.Sometimes
}

// refusalsEvery is how often refusals by the API server are told at most.
const refusalsEvery = time.Minute

func newOperatorLog(logger logr.Logger) *operatorLog {
	return &operatorLog{Logger: logger, refusals: rate.Sometimes{Interval: refusalsEvery}}
}

// trouble tells what kept a request from being served. An API server that is away
// shows in metrics and readiness; one that refuses us needs somebody.
func (l *operatorLog) trouble(cause error, operation string) {
	if errors.Is(cause, allocator.ErrUnwritable) {
		l.refusals.Do(func() { l.Error(cause, "A command cannot be stored, though others can", "operation", operation) })
		return
	}
	answered := apierrors.APIStatus(nil)
	if !errors.As(cause, &answered) || transient(cause) {
		l.V(1).Info("A request could not be served", "operation", operation, "cause", cause.Error())
		return
	}
	l.refusals.Do(func() {
		l.Error(cause, "The API server refuses the bridge: check that the CRDs are installed and the rights of config/rbac are granted", "operation", operation)
	})
}
