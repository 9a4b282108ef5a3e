package journal

import (
	"context"
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Client carries the requests of Stores to one API server. It sends each request once:
// client-go would send a write again by itself, and then a conflict says nothing.
type Client struct{ ours, core rest.Interface }

// NewClient returns a client. httpClient is made from config if it is nil.
func NewClient(config *rest.Config, httpClient *http.Client) (*Client, error) {
	if httpClient == nil {
		var err error
		if httpClient, err = rest.HTTPClientFor(config); err != nil {
			return nil, fmt.Errorf("make an HTTP client for the journal: %w", err)
		}
	}
	ours, err := restClient(config, httpClient, "/apis", v1.GroupVersion)
	if err != nil {
		return nil, err
	}
	core, err := restClient(config, httpClient, "/api", schema.GroupVersion{Version: "v1"})
	if err != nil {
		return nil, err
	}
	return &Client{ours: ours, core: core}, nil
}

func restClient(config *rest.Config, httpClient *http.Client, path string, version schema.GroupVersion) (rest.Interface, error) {
	scheme := runtime.NewScheme() // for errors: everything else is read here
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	config = rest.CopyConfig(config)
	config.APIPath, config.GroupVersion = path, &version
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.ContentType, config.AcceptContentTypes = "application/json", "application/json"
	config.QPS = -1 // Log paces its writes, and the API server the rest
	client, err := rest.RESTClientForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("make a client of %s for the journal: %w", version, err)
	}
	return client, nil
}

// send makes one request and returns the body of the answer.
func send(ctx context.Context, request *rest.Request) ([]byte, error) {
	result := request.MaxRetries(0).Do(ctx)
	if err := result.Error(); err != nil {
		return nil, err
	}
	return result.Raw()
}
