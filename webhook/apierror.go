package webhook

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/namespaces"
)

// transient tells whether the same call may succeed in a moment: the API server
// is away or busy, or the answer was lost.
func transient(err error) bool {
	var answered apierrors.APIStatus
	if !errors.As(err, &answered) {
		return true // no answer of the API server's: a broken connection, a time-out
	}
	return answered.Status().Code >= 500 || apierrors.IsTooManyRequests(err) ||
		apierrors.IsTimeout(err) || apierrors.IsServerTimeout(err)
}

// describe turns an error into what is told about it.
func (b *bridge) describe(err error) *failure {
	var message *events.InvalidError
	var missing *namespaces.MissingError
	var outside *namespaces.OutsideError
	if own := asFailure(err); own != nil {
		return own
	}
	switch {
	case errors.As(err, &message):
		return invalidMessage(message)
	case errors.As(err, &missing) && missing.Terminating:
		return fail(notFound, "the namespace is being deleted: nothing can be reserved in it any more")
	case errors.As(err, &missing):
		return fail(notFound, "there is no such namespace: make it, or name another")
	case errors.As(err, &outside):
		return fail(notFound, "this deployment does not work in namespace %s: send the command to the one that does, or label the namespace for this one (it works in %s)",
			outside.Namespace, outside.Scope)
	case errors.Is(err, namespaces.ErrNotRunning):
		return fail(tryLater, "this replica is starting or stopping: repeat the request unchanged")
	}
	f := fail(tryLater, "the Kubernetes API server did not answer in time or is busy: repeat the request unchanged")
	f.cause = err
	if !transient(err) {
		f.detail = "the Kubernetes API server refused the bridge's own request; whoever operates it finds why in its log"
	}
	return f
}

// unserved tells whether a 404 means that the API server does not know the kind:
// then it is no answer about the object.
func unserved(err error) bool {
	return apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}
