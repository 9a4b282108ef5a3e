package wire

import (
	"fmt"
	"io"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// decodeList reads a list of a kind object by object, each into memory of its own, so
// that none keeps the others and no text of all of them is in memory.
func decodeList(from io.Reader, kind reflect.Type) (*metav1.List, error) {
	list := &metav1.List{}
	err := fields(jsontext.NewDecoder(from, reading), func(name string, value *jsontext.Decoder) error {
		switch name {
		case "metadata":
			return json.UnmarshalDecode(value, &list.ListMeta)
		case "items":
			return elements(value, func() error {
				object := newOf(kind)
				list.Items = append(list.Items, runtime.RawExtension{Object: object})
				return unmarshal(value, object)
			})
		default:
			return value.SkipValue()
		}
	})
	if err != nil {
		return nil, fmt.Errorf("decode a list of %s: %w", kind.Name(), err)
	}
	return list, nil
}

func newOf(kind reflect.Type) runtime.Object { return reflect.New(kind).Interface().(runtime.Object) }

// unmarshal decodes an object as client-go does: a typed one needs no name of its type.
func unmarshal(from *jsontext.Decoder, into runtime.Object) error {
	err := json.UnmarshalDecode(from, into)
	into.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	return err
}

// fields calls do for each field of an object, which reads its value. io.EOF means that
// there is no object.
func fields(from *jsontext.Decoder, do func(name string, value *jsontext.Decoder) error) error {
	switch begin, err := from.ReadToken(); {
	case err != nil:
		return err
	case begin.Kind() != '{':
		return fmt.Errorf("%s is not an object", begin)
	}
	for from.PeekKind() != '}' {
		name, err := from.ReadToken()
		if err != nil {
			return err
		}
		if err := do(name.String(), from); err != nil {
			return err
		}
	}
	_, err := from.ReadToken()
	return err
}

// elements calls do for each element of an array, which reads it. null has none.
func elements(from *jsontext.Decoder, do func() error) error {
	switch begin, err := from.ReadToken(); {
	case err != nil:
		return err
	case begin.Kind() == 'n':
		return nil
	case begin.Kind() != '[':
		return fmt.Errorf("%s is not an array", begin)
	}
	for from.PeekKind() != ']' {
		if err := do(); err != nil {
			return err
		}
	}
	_, err := from.ReadToken()
	return err
}
