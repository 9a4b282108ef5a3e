package wire

import (
	"context"
	"io"
	"net/http"
)

// Transport lets a ListerWatcher of this package read what the API server sends. It is for
// rest.Config.Wrap, of the config that informers' clients are made of, and changes no
// other request.
func Transport(next http.RoundTripper) http.RoundTripper { return transport{next} }

type transport struct{ http.RoundTripper }

// tap takes the body of the answer to a request.
type tap struct{ body io.ReadCloser }

type tapKey struct{}

// into is a context whose requests have the tap.
func (t *tap) into(ctx context.Context) context.Context { return context.WithValue(ctx, tapKey{}, t) }

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
