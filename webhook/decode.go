package webhook

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// maxBody is the largest message that is read, in bytes.
const maxBody = 1 << 20

// readBody reads a whole body that is not too large, once.
func readBody(x *exchange, r *http.Request) ([]byte, error) {
	if x.body != nil {
		return x.body, nil
	}
	if r.ContentLength > maxBody {
		x.Header().Set("Connection", "close") // rather than read it to the end
		return nil, fail(tooLarge, "a message has at most %d bytes", maxBody)
	}
	if encodings := r.Header.Values("Content-Encoding"); len(encodings) > 0 && !strings.EqualFold(strings.Join(encodings, ","), "identity") {
		return nil, fail(unsupportedMedia, "Content-Encoding %s is not served: send the body as it is", clip(strings.Join(encodings, ", "), 100))
	}
	body, err := readHolding(x, http.MaxBytesReader(x.ResponseWriter, r.Body, maxBody))
	if f := asFailure(err); f != nil {
		x.Header().Set("Connection", "close")
		return nil, f
	}
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return nil, fail(tooLarge, "a message has at most %d bytes", maxBody)
	}
	if err != nil {
		x.Header().Set("Connection", "close")
		return nil, fail(incomplete, "the body could not be read to its end: send it again")
	}
	x.body = body
	return body, nil
}

// readHolding reads to the end. What it takes is held before it is filled, so that many long
// bodies at a time do not take more memory than there is for them.
func readHolding(x *exchange, from io.Reader) ([]byte, error) {
	body := make([]byte, 0, bytes.MinRead)
	for {
		if len(body) == cap(body) {
			if err := x.place.hold(2 * cap(body)); err != nil {
				return nil, err
			}
			body = slices.Grow(body, cap(body))
		}
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, err
		}
	}
}

// requireJSON refuses a plain request whose body says that it is not JSON.
func requireJSON(r *http.Request) error {
	if contentType := r.Header.Get("Content-Type"); contentType != "" && !isJSON(contentType) {
		return fail(unsupportedMedia, "the body must be JSON: send Content-Type %s", contentTypeJSON)
	}
	return nil
}

// isJSON tells whether a media type is JSON. CloudEvents are JSON too, but not a
// payload.
func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil || strings.HasPrefix(media, mediaTypePrefix) {
		return false
	}
	return media == contentTypeJSON || media == "text/json" || strings.HasSuffix(media, "+json")
}

// headerNamespace is how Knative says of which namespace's broker or channel an event comes.
const headerNamespace = "Kn-Namespace"

// namespace is the one that the path names, else that of the broker that delivers, or the
// default.
func (b *bridge) namespace(x *exchange, r *http.Request) (string, error) {
	namespace := r.PathValue("namespace")
	if namespace == "" && x.byEvent() {
		namespace = r.Header.Get(headerNamespace)
	}
	if namespace != "" {
		x.prefix = "/namespaces/" + namespace
	}
	x.namespace = cmp.Or(namespace, b.DefaultNamespace)
	switch {
	case namespace == "":
		return b.DefaultNamespace, nil
	case len(validation.IsDNS1123Label(namespace)) == 0:
		return namespace, b.served(x, namespace)
	case x.byEvent():
		return "", fail(invalid, "%q cannot be the name of a namespace", clip(namespace, 100))
	default:
		return "", fail(notFound, "there is no namespace %q", clip(namespace, 100))
	}
}

// served refuses namespaces that others serve: a cart in them would wait in vain.
func (b *bridge) served(x *exchange, namespace string) error {
	switch {
	case b.Serves(namespace):
		return nil
	case x.byEvent():
		return fail(invalid, "this service does not work in namespace %s: name another", namespace)
	default:
		return fail(notFound, "this service does not work in namespace %s: name another", namespace)
	}
}
