package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

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
		return event.Type, event.Object, nil
	// StreamWatcher compares with ==.
	case errors.Is(err, io.EOF): // between two events
		return "", nil, io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "", nil, io.ErrUnexpectedEOF
	default:
		return "", nil, fmt.Errorf("decode a watch event of %s: %w", d.kind.Name(), err)
	}
}

// event reads one event, {"type":…,"object":…}. The API server tells the type first,
// but no order is promised.
func (d *decoder) event() (event watch.Event, err error) {
	var early jsontext.Value
	err = fields(d.json, func(name string, value *jsontext.Decoder) error {
		switch {
		case name == "type":
			return json.UnmarshalDecode(value, (*string)(&event.Type))
		case name == "object" && event.Type == "":
			text, err := value.ReadValue()
			early = text.Clone()
			return err
		case name == "object":
			event.Object = d.empty(event.Type)
			return unmarshal(value, event.Object)
		default:
			return value.SkipValue()
		}
	})
	switch {
	case err != nil:
		return event, err
	case early != nil:
		event.Object = d.empty(event.Type)
		return event, unmarshal(jsontext.NewDecoder(bytes.NewReader(early), reading), event.Object)
	case event.Object == nil:
		return event, errors.New("it has no object")
	default:
		return event, nil
	}
}

// empty is what the object of an event is decoded into.
func (d *decoder) empty(of watch.EventType) runtime.Object {
	if of == watch.Error {
		return &metav1.Status{}
	}
	return newOf(d.kind)
}
