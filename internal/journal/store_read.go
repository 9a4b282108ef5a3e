package journal

import (
	"context"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	v1 "github.com/acme/inventory-service/api/v1"
)

const pagesResource = "journalpages"

// lenient is how JSON of the API server is read: as leniently as client-go does, and
// without managedFields, which nobody here looks at.
var lenient = json.JoinOptions(
	jsontext.AllowDuplicateNames(true),
	jsontext.AllowInvalidUTF8(true),
	json.WithUnmarshalers(json.UnmarshalFromFunc(func(from *jsontext.Decoder, _ *[]metav1.ManagedFieldsEntry) error {
		return from.SkipValue()
	})),
)

// decodePage reads the JSON of a page. One that is no page by its content is Broken; an
// error means that not even its metadata can be read.
func decodePage(text []byte) (Page, error) {
	var object v1.JournalPage
	err := json.Unmarshal(text, &object, lenient)
	if err == nil {
		return Decode(&object), nil
	}
	var bare metav1.PartialObjectMetadata
	if err := json.Unmarshal(text, &bare, lenient); err != nil {
		return Page{}, fmt.Errorf("decode a JournalPage: %w", err)
	}
	p := Decode(&v1.JournalPage{ObjectMeta: bare.ObjectMeta})
	p.Broken = fmt.Sprintf("it cannot be decoded: %v", err)
	return p, nil
}

// pages begins a request for pages.
func (s *Store) pages(request *rest.Request) *rest.Request {
	return request.Namespace(s.namespace).Resource(pagesResource)
}

// get reads one page past all caches.
func (s *Store) get(ctx context.Context, e Get) Event {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	text, err := send(ctx, s.pages(s.client.ours.Get()).Name(e.Name))
	if absent(err) {
		return Got{Call: e.Call}
	}
	var p Page
	if err == nil {
		p, err = decodePage(text)
	}
	if err != nil {
		return Got{Call: e.Call, Err: fmt.Errorf("read JournalPage %s/%s: %w", s.namespace, e.Name, err)}
	}
	return Got{Call: e.Call, Page: &p}
}

// absent tells whether the API server says that there is no such object. Where the kind
// is not served (yet), it says something else with the same code.
func absent(err error) bool {
	return apierrors.IsNotFound(err) && !apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

// readNamespace reads the Namespace past all caches.
func (s *Store) readNamespace(ctx context.Context, e ReadNamespace) Event {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	text, err := send(ctx, s.client.core.Get().Resource("namespaces").Name(s.namespace))
	if absent(err) {
		return NamespaceRead{Call: e.Call}
	}
	var namespace metav1.PartialObjectMetadata
	if err == nil {
		err = json.Unmarshal(text, &namespace, lenient)
	}
	if err != nil {
		return NamespaceRead{Call: e.Call, Err: fmt.Errorf("read Namespace %s, of which the operator needs the uid: %w", s.namespace, err)}
	}
	return NamespaceRead{
		Call: e.Call, UID: string(namespace.UID), Terminating: namespace.DeletionTimestamp != nil, AwaitsRestore: v1.AwaitsRestore(namespace.Annotations),
	}
}
