package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/api/equality"

	"k8s.io/apimachinery/pkg/api/meta"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/runtime/serializer/streaming"
	"k8s.io/apimachinery/pkg/watch"
	restwatch "k8s.io/client-go/rest/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

var kinds = map[string]func() client.Object{
	"Reservation": func() client.Object { return &v1.Reservation{} },
	"StockItem":   func() client.Object { return &v1.StockItem{} },
	"StockLedger": func() client.Object { return &v1.StockLedger{} },
}

func codecs(t testing.TB) serializer.CodecFactory {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return serializer.NewCodecFactory(scheme)
}

// theirs decodes the events of a stream as client-go does.
func theirs(codecs serializer.CodecFactory, stream string) watch.Decoder {
	info, _ := runtime.SerializerInfoForMediaType(codecs.SupportedMediaTypes(), runtime.ContentTypeJSON)
	frames := info.StreamSerializer.NewFrameReader(io.NopCloser(strings.NewReader(stream)))
	return restwatch.NewDecoder(streaming.NewDecoder(frames, info.StreamSerializer.Serializer), codecs.WithoutConversion().DecoderToVersion(info.Serializer, nil))
}

// ours decodes them as ListerWatcher does.
func ours(kind client.Object, stream string) watch.Decoder {
	return newDecoder(io.NopCloser(strings.NewReader(stream)), reflect.TypeOf(kind).Elem())
}

// all are the events until one cannot be decoded.
func all(d watch.Decoder) (events []watch.Event, err error) {
	defer d.Close()
	for {
		action, object, err := d.Decode()
		if err != nil {
			return events, err
		}
		if accessor, isObject := object.(metav1.Object); isObject {
			accessor.SetManagedFields(nil)
		}
		events = append(events, watch.Event{Type: action, Object: object})
	}
}

// Whatever an object holds is decoded as client-go does, managedFields apart.
func TestEventsAreClientGos(t *testing.T) {
	codecs := codecs(t)
	const seeds = 200
	for kind, empty := range kinds {
		t.Run(kind, func(t *testing.T) {
			var stream strings.Builder
			for seed := range int64(seeds) {
				full := empty()
				fuzzer.FuzzerFor(metafuzzer.Funcs, rand.NewSource(seed), codecs).Fill(full)
				full.GetObjectKind().SetGroupVersionKind(v1.GroupVersion.WithKind(kind))
				full.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: "m", FieldsV1: metav1.NewFieldsV1(`{"f:spec":{}}`)}})
				text, err := json.Marshal(full)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&stream, `{"type":%q,"object":%s}`+"\n", []watch.EventType{watch.Added, watch.Modified, watch.Deleted}[seed%3], text)
			}
			want, wantErr := all(theirs(codecs, stream.String()))
			got, err := all(ours(empty(), stream.String()))
			if len(want) != seeds || !errors.Is(wantErr, io.EOF) || !errors.Is(err, io.EOF) {
				t.Fatalf("client-go: %d events, then %v; ours: %d events, then %v", len(want), wantErr, len(got), err)
			}
			if !equality.Semantic.DeepEqual(want, got) {
				t.Errorf("events (-client-go's +ours):\n%s", cmp.Diff(want, got))
			}
		})
	}
}

// Lists are decoded as client-go does, whatever the order of their parts.
func TestListsAreClientGos(t *testing.T) {
	codecs := codecs(t)
	for kind, empty := range kinds {
		var objects []string
		for seed := range int64(50) {
			full := empty()
			fuzzer.FuzzerFor(metafuzzer.Funcs, rand.NewSource(seed), codecs).Fill(full)
			full.GetObjectKind().SetGroupVersionKind(v1.GroupVersion.WithKind(kind))
			text, err := json.Marshal(full)
			if err != nil {
				t.Fatal(err)
			}
			objects = append(objects, string(text))
		}
		items, metadata := `"items":[`+strings.Join(objects, ",")+`]`, `"metadata":{"resourceVersion":"7","continue":"c"}`
		for name, parts := range map[string]string{
			"items first": items + "," + metadata, "metadata first": metadata + `,"later":[{}],` + items,
			"no items": metadata, "null": `"items":null,` + metadata, "none": `"items":[],` + metadata,
		} {
			text := fmt.Sprintf(`{"apiVersion":%q,"kind":%q,%s}`, v1.GroupVersion, kind+"List", parts)
			theirs, _, err := codecs.UniversalDeserializer().Decode([]byte(text), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			ours, err := decodeList(strings.NewReader(text), reflect.TypeOf(empty()).Elem())
			if err != nil {
				t.Fatalf("%s, %s: %v", kind, name, err)
			}
			if diff := cmp.Diff(listed(t, theirs), listed(t, ours)); diff != "" {
				t.Errorf("%s, %s (-client-go's +ours):\n%s", kind, name, diff)
			}
		}
	}
}

// listed is what a reflector makes of a list.
func listed(t *testing.T, list runtime.Object) (all struct {
	Version, Continue string
	Items             []client.Object
}) {
	t.Helper()
	m, err := meta.ListAccessor(list)
	if err != nil {
		t.Fatal(err)
	}
	all.Version, all.Continue = m.GetResourceVersion(), m.GetContinue()
	items, err := meta.ExtractListWithAlloc(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		o := i.(client.Object)
		o.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
		o.SetManagedFields(nil)
		all.Items = append(all.Items, o)
	}
	return all
}

// A list that does not come whole, or makes no sense, is none at all.
func TestBrokenLists(t *testing.T) {
	for _, text := range []string{``, `{`, `{"items":[{}`, `{"items":[{}]`, `{"items":{}}`, `[]`, `7`, `{"items":[7]}`, `{"metadata":{"resourceVersion":7}}`} {
		if list, err := decodeList(strings.NewReader(text), reflect.TypeFor[v1.StockItem]()); err == nil || list != nil {
			t.Errorf("%s is %v", text, list)
		}
	}
}

// What else an API server may send, with client-go's decoding as the measure.
func TestUnusualEvents(t *testing.T) {
	const mug = `{"apiVersion":"inventory.acme.com/v1","kind":"StockItem","metadata":{"name":"mug","creationTimestamp":null},"spec":{"productID":"p"}}`
	for name, stream := range map[string]string{
		"nothing":                   ``,
		"a bookmark":                `{"type":"BOOKMARK","object":{"kind":"StockItem","apiVersion":"inventory.acme.com/v1","metadata":{"resourceVersion":"7","annotations":{"k8s.io/initial-events-end":"true"}}}}`,
		"an error":                  `{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version","reason":"Expired","code":410}}`,
		"the object first":          `{"object":` + mug + `,"type":"ADDED"}`,
		"an unknown field":          `{"more":{"a":[1,{}]},"type":"ADDED","object":` + mug + `}`,
		"one after the other":       `{"type":"ADDED","object":` + mug + `}{"type":"DELETED","object":` + mug + `}`,
		"spread over lines":         "\n{\n\"type\" : \"ADDED\",\n\"object\" :\t" + mug + "\n}\n",
		"an unknown field in it":    `{"type":"ADDED","object":{"kind":"StockItem","apiVersion":"inventory.acme.com/v1","metadata":{"name":"m","later":1},"spec":{"productID":"p","later":{"a":null}}}}`,
		"a field in other letters":  `{"type":"ADDED","object":{"kind":"StockItem","apiVersion":"inventory.acme.com/v1","Metadata":{"name":"m"},"spec":{"productid":"p"}}}`,
		"a field twice":             `{"type":"ADDED","object":{"kind":"StockItem","apiVersion":"inventory.acme.com/v1","spec":{"productID":"p","productID":"q"}}}`,
		"bytes that are no unicode": `{"type":"ADDED","object":{"kind":"StockItem","apiVersion":"inventory.acme.com/v1","spec":{"productID":"` + "\xff" + `"}}}`,
		"nulls":                     `{"type":"ADDED","object":{"kind":"StockItem","apiVersion":"inventory.acme.com/v1","metadata":{"labels":null,"name":null},"spec":{"productID":null,"received":null},"status":{"conditions":null}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			want, wantErr := all(theirs(codecs(t), stream))
			got, err := all(ours(&v1.StockItem{}, stream))
			if !errors.Is(wantErr, io.EOF) || !errors.Is(err, io.EOF) {
				t.Fatalf("client-go: %v, ours: %v", wantErr, err)
			}
			if !equality.Semantic.DeepEqual(want, got) {
				t.Errorf("events (-client-go's +ours):\n%s", cmp.Diff(want, got))
			}
		})
	}
}

// A stream that breaks off ends without more ado; one that makes no sense is an error.
// Before either everything that came whole is delivered.
func TestBrokenStreams(t *testing.T) {
	const whole = `{"type":"ADDED","object":{"metadata":{"name":"mug"}}}`
	for name, tc := range map[string]struct {
		rest     string
		brokeOff bool
	}{
		"in a name":           {`{"ty`, true},
		"in the object":       {`{"type":"ADDED","object":{"metadata":{`, true},
		"before the end":      {`{"type":"ADDED","object":{}`, true},
		"no object":           {`{"type":"ADDED"}`, false},
		"no event":            {`[1]`, false},
		"a number for a name": {`{"type":"ADDED","object":{"metadata":{"name":7}}}`, false},
		"no JSON":             {`upstream connect error`, false},
	} {
		t.Run(name, func(t *testing.T) {
			events, err := all(ours(&v1.StockItem{}, whole+tc.rest))
			bare := errors.Unwrap(err) == nil // as StreamWatcher compares it
			if len(events) != 1 || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) != tc.brokeOff || tc.brokeOff && !bare {
				t.Errorf("%d events, then %v", len(events), err)
			}
		})
	}
}

// FuzzEvent: what client-go decodes, ListerWatcher decodes to the same.
func FuzzEvent(f *testing.F) {
	f.Add(`{"metadata":{"name":"r","managedFields":[{"manager":"m","time":"2030-01-01T00:00:00Z"}]},"spec":{"cartID":"c","holdFor":"90m"},"status":{"decidedAt":"2030-01-01T00:00:00.000001Z","conditions":[{"lastTransitionTime":null}]}}`)
	f.Add(`{"spec":{"items":[{"productID":"p","quantity":1e9}]},"status":{"units":-0}}`)
	f.Add(`{"metadata":{"labels":{"a":"b","a":"c"},"deletionGracePeriodSeconds":5},"status":null}`)
	codecs := codecs(f)
	f.Fuzz(func(t *testing.T, object string) {
		var fields map[string]json.RawMessage
		if json.Unmarshal([]byte(object), &fields) != nil || fields == nil {
			t.Skip("no object")
		}
		fields["apiVersion"], fields["kind"] = json.RawMessage(`"inventory.acme.com/v1"`), json.RawMessage(`"Reservation"`)
		text, err := json.Marshal(fields)
		if err != nil {
			t.Skip("no object")
		}
		stream := `{"type":"ADDED","object":` + string(text) + `}`
		want, wantErr := all(theirs(codecs, stream))
		if !errors.Is(wantErr, io.EOF) {
			return // it never gets into the API server
		}
		got, err := all(ours(&v1.Reservation{}, stream))
		if !errors.Is(err, io.EOF) {
			t.Fatalf("client-go decodes %s; ours: %v", text, err)
		}
		if !equality.Semantic.DeepEqual(want, got) {
			t.Fatalf("%s (-client-go's +ours):\n%s", text, cmp.Diff(want, got))
		}
	})
}
