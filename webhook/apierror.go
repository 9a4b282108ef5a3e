package webhook

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/acme/inventory-service/api/events"
)

// conflictHaste is how much sooner a conflict is tried again than a failure: it
// says that the API server is well and that somebody wrote a moment ago.
const conflictHaste = 50

// persist repeats a call to the API server until it has an answer. A call whose
// answer is lost may have taken effect, so an attempt must be one that finds its
// own traces. It gives up when the context's time does not suffice for another.
func (b *bridge) persist(ctx context.Context, attempt func(context.Context) error) error {
	pause := wait.Backoff{Duration: 50 * time.Millisecond, Factor: 2, Jitter: 0.5, Steps: 20, Cap: time.Second}
	for {
		err := b.attempt(ctx, attempt)
		if err == nil || !transient(err) {
			return err
		}
		delay := max(pause.Step(), suggestedDelay(err))
		if apierrors.IsConflict(err) {
			delay /= conflictHaste
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= delay {
			return err
		}
		timer := time.NewTimer(delay)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// attempt bounds one call, so that one connection that hangs does not use up the
// time of the others.
func (b *bridge) attempt(ctx context.Context, attempt func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, max(b.Wait/3, time.Second))
	defer cancel()
	return attempt(ctx)
}

// transient tells whether the same call may succeed in a moment: the API server
// is away or busy, the answer was lost, or somebody else wrote first.
func transient(err error) bool {
	var answered apierrors.APIStatus
	if own := (*failure)(nil); errors.As(err, &own) {
		return false
	}
	if !errors.As(err, &answered) {
		return true // no answer of the API server's: a broken connection, a time-out
	}
	code := answered.Status().Code
	return code >= 500 || apierrors.IsConflict(err) || apierrors.IsTooManyRequests(err) ||
		apierrors.IsTimeout(err) || apierrors.IsServerTimeout(err)
}

func suggestedDelay(err error) time.Duration {
	seconds, _ := apierrors.SuggestsClientDelay(err)
	return time.Duration(seconds) * time.Second
}

// describe turns an error into what is told about it.
func (b *bridge) describe(err error) *failure {
	var own *failure
	var message *events.InvalidError
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &message):
		return invalidMessage(message)
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return fail(notFound, "the namespace is being deleted: nothing can be reserved in it any more")
	case isNamespaceMissing(err):
		return fail(notFound, "there is no such namespace: make it, or name another")
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		return fail(invalid, "the API server refused the reservation: %v", err)
	}
	f := fail(tryLater, "the Kubernetes API server did not answer in time or is busy: repeat the request unchanged")
	f.cause = err
	if answered := apierrors.APIStatus(nil); errors.As(err, &answered) && !transient(err) {
		f.detail = "the Kubernetes API server refused the bridge's own request; whoever operates it finds why in its log"
	}
	return f
}

// isNamespaceMissing tells the absence of a namespace from that of an object.
func isNamespaceMissing(err error) bool {
	answered := apierrors.APIStatus(nil)
	if !apierrors.IsNotFound(err) || !errors.As(err, &answered) {
		return false
	}
	details := answered.Status().Details
	return details != nil && details.Kind == "namespaces"
}

// unserved tells whether a 404 means that the API server does not know the kind:
// then it is no answer about the object.
func unserved(err error) bool {
	return apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}
