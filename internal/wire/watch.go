package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// Transport lets Watches read what the API server sends. It is for rest.Config.Wrap, of
// the config that the watches' clients are made of, and changes no other request.
func Transport(next http.RoundTripper) http.RoundTripper { return transport{next} }

type transport struct{ http.RoundTripper }

// tap takes the body of the answer to a request.
type tap struct{ body io.ReadCloser }

type tapKey struct{}

// RoundTrip leaves an empty body where the request has a tap.
func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.RoundTripper.RoundTrip(request)
	if tap, ok := request.Context().Value(tapKey{}).(*tap); ok && err == nil && response.StatusCode == http.StatusOK {
		tap.body, response.Body = response.Body, http.NoBody
	}
	return response, err
}

// WrappedRoundTripper implements k8s.io/apimachinery/pkg/util/net.RoundTripperWrapper.
func (t transport) WrappedRoundTripper() http.RoundTripper { return t.RoundTripper }

// Watches is a ListerWatcher whose watches are those of lw, which decode to the kind of
// example. Where lw does not go through Transport they are lw's altogether.
func Watches(lw cache.ListerWatcher, example runtime.Object) cache.ListerWatcher {
	return &watches{ListerWatcherWithContext: cache.ToListerWatcherWithContext(lw), kind: reflect.TypeOf(example).Elem()}
}

type watches struct {
	cache.ListerWatcherWithContext
	kind reflect.Type
}

// Watch and List are what a ListerWatcher has besides; informers use the others.
func (w *watches) Watch(options metav1.ListOptions) (watch.Interface, error) {
	return w.WatchWithContext(context.Background(), options)
}

func (w *watches) List(options metav1.ListOptions) (runtime.Object, error) {
	return w.ListWithContext(context.Background(), options)
}

// WatchWithContext opens a watch.
func (w *watches) WatchWithContext(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	var tapped tap
	opened, err := w.ListerWatcherWithContext.WatchWithContext(context.WithValue(ctx, tapKey{}, &tapped), options)
	if err != nil || tapped.body == nil {
		return opened, err
	}
	opened.Stop() // it has nothing to read
	return watch.NewStreamWatcher(newDecoder(tapped.body, w.kind), unreadable), nil
}

// unreadable tells of an event that could not be decoded as client-go does.
var unreadable = apierrors.NewClientErrorReporter(http.StatusInternalServerError, http.MethodGet, "ClientWatchDecoding")

// decoder reads the events of a watch.
type decoder struct {
	body io.ReadCloser
	json *jsontext.Decoder
	kind reflect.Type
}

func newDecoder(body io.ReadCloser, kind reflect.Type) *decoder {
	return &decoder{body: body, json: jsontext.NewDecoder(body, reading), kind: kind}
}

// Close implements watch.Decoder.
func (d *decoder) Close() { _ = d.body.Close() }

// Decode implements watch.Decoder.
func (d *decoder) Decode() (watch.EventType, runtime.Object, error) {
	event, err := d.event()
	switch {
	case err == nil:
		// As client-go does it: a typed object needs no name of its type.
		event.Object.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
		return event.Type, event.Object, nil
	case err == io.EOF:
		return "", nil, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "", nil, io.ErrUnexpectedEOF // StreamWatcher compares with ==
	default:
		return "", nil, fmt.Errorf("decode a watch event of %s: %w", d.kind.Name(), err)
	}
}

// event reads one event, {"type":…,"object":…}. The API server tells the type first,
// but no order is promised.
func (d *decoder) event() (event watch.Event, err error) {
	switch begin, err := d.json.ReadToken(); {
	case err != nil:
		return event, err // io.EOF between two events
	case begin.Kind() != '{':
		return event, fmt.Errorf("it begins with %s", begin)
	}
	var early jsontext.Value
	for d.json.PeekKind() != '}' {
		name, err := d.json.ReadToken()
		if err != nil {
			return event, err
		}
		switch field := name.String(); {
		case field == "type":
			err = json.UnmarshalDecode(d.json, (*string)(&event.Type))
		case field == "object" && event.Type == "":
			early, err = d.json.ReadValue()
			early = early.Clone()
		case field == "object":
			event.Object = d.empty(event.Type)
			err = json.UnmarshalDecode(d.json, event.Object)
		default:
			err = d.json.SkipValue()
		}
		if err != nil {
			return event, err
		}
	}
	if _, err := d.json.ReadToken(); err != nil {
		return event, err
	}
	switch {
	case early != nil:
		event.Object = d.empty(event.Type)
		err = json.Unmarshal(early, event.Object, reading)
	case event.Object == nil:
		err = errors.New("it has no object")
	}
	return event, err
}

// empty is what the object of an event is decoded into.
func (d *decoder) empty(of watch.EventType) runtime.Object {
	if of == watch.Error {
		return &metav1.Status{}
	}
	return reflect.New(d.kind).Interface().(runtime.Object)
}
