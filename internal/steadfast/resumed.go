package steadfast

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// resumed is a watch that opens another one where the last broke off.
type resumed struct {
	lw      *listerWatcher
	options metav1.ListOptions
	cancel  context.CancelFunc
	result  chan watch.Event
	// version is of the last event; what came before it is known.
	version string
	// complete says that what there was at the beginning is known, so that the
	// versions of events are those from which to go on.
	complete bool
}

func resume(ctx context.Context, lw *listerWatcher, options metav1.ListOptions, first watch.Interface) watch.Interface {
	ctx, cancel := context.WithCancel(ctx)
	listing := options.SendInitialEvents != nil && *options.SendInitialEvents
	r := &resumed{
		lw: lw, options: options, cancel: cancel, result: make(chan watch.Event),
		version: options.ResourceVersion, complete: !listing && options.ResourceVersion != "" && options.ResourceVersion != "0",
	}
	r.options.SendInitialEvents, r.options.ResourceVersionMatch = nil, ""
	go r.run(ctx, first)
	return r
}

// ResultChan implements watch.Interface.
func (r *resumed) ResultChan() <-chan watch.Event { return r.result }

// Stop implements watch.Interface.
func (r *resumed) Stop() { r.cancel() }

// run passes events on until there is no way to go on.
func (r *resumed) run(ctx context.Context, w watch.Interface) {
	defer close(r.result)
	defer r.cancel()
	for quick := 0; ; {
		passed, over := r.pass(ctx, w)
		if over || !r.complete {
			return
		}
		if quick++; passed {
			quick = 0
		}
		if quick > 0 && !rest(ctx, min(firstPause<<min(quick-1, 8), longPause)) {
			return
		}
		r.options.ResourceVersion = r.version
		next, err := r.lw.open(ctx, r.options)
		if err != nil {
			r.send(ctx, watch.Event{Type: watch.Error, Object: statusOf(err)})
			return
		}
		w = next
	}
}

// pass passes the events of one watch on until it breaks off. passed tells whether
// there were any; over, that the watch cannot be gone on with.
func (r *resumed) pass(ctx context.Context, w watch.Interface) (passed, over bool) {
	defer w.Stop()
	for {
		select {
		case <-ctx.Done():
			return passed, true
		case event, open := <-w.ResultChan():
			if !open {
				return passed, false
			}
			if event.Type == watch.Error && r.lw.passing(apierrors.FromObject(event.Object)) {
				return passed, false
			}
			if event.Type != watch.Error {
				r.note(event) // before it is sent: who gets it may change it
			}
			if !r.send(ctx, event) || event.Type == watch.Error {
				return passed, true
			}
			passed = true
		}
	}
}

// note keeps from where to go on.
func (r *resumed) note(event watch.Event) {
	object, err := meta.Accessor(event.Object)
	if err != nil || object.GetResourceVersion() == "" {
		r.complete = false // nothing to go on from
		return
	}
	r.version = object.GetResourceVersion()
	if event.Type == watch.Bookmark && object.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true" {
		r.complete = true
	}
}

func (r *resumed) send(ctx context.Context, event watch.Event) bool {
	select {
	case r.result <- event:
		return true
	case <-ctx.Done():
		return false
	}
}

// tooLarge tells whether a server does not know the version that it was asked for: it
// was restored from a backup, or is far behind.
func tooLarge(err error) bool {
	return apierrors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge)
}

// statusOf is an error as a watch tells it.
func statusOf(err error) runtime.Object {
	status := apierrors.APIStatus(nil)
	if !errors.As(err, &status) {
		status = apierrors.NewInternalError(err)
	}
	s := status.Status()
	return &s
}
