package wire

import (
	"context"
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// NewClient is for ctrl.Options.NewClient: controller-runtime's client, but for how it
// creates objects of our kinds and updates their status.
func NewClient(config *rest.Config, options client.Options) (client.Client, error) {
	if options.HTTPClient == nil {
		var err error
		if options.HTTPClient, err = rest.HTTPClientFor(config); err != nil {
			return nil, err
		}
	}
	general, err := client.New(config, options)
	if err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.APIPath, config.GroupVersion = "/apis", &v1.GroupVersion
	config.NegotiatedSerializer = serializer.NewCodecFactory(general.Scheme()).WithoutConversion() // for errors
	requests, err := rest.RESTClientForConfigAndClient(config, options.HTTPClient)
	if err != nil {
		return nil, fmt.Errorf("make a client of %s: %w", v1.GroupVersion, err)
	}
	return &lean{Client: general, requests: requests}, nil
}

// lean is a client that writes our kinds by itself.
type lean struct {
	client.Client
	requests rest.Interface
}

// Create makes an object and leaves in it what the API server made of it, managedFields
// apart.
func (c *lean) Create(ctx context.Context, object client.Object, options ...client.CreateOption) error {
	s, ours := shapeOf(object)
	if !ours || len(options) > 0 {
		return c.Client.Create(ctx, object, options...)
	}
	object.GetObjectKind().SetGroupVersionKind(v1.GroupVersion.WithKind(s.kind))
	return send(ctx, c.requests.Post().Namespace(object.GetNamespace()).Resource(s.resource), object, object)
}

// Status returns the writer of statuses.
func (c *lean) Status() client.SubResourceWriter {
	return &statuses{SubResourceWriter: c.Client.Status(), requests: c.requests}
}

// statuses is a writer of statuses that updates those of our kinds by itself.
type statuses struct {
	client.SubResourceWriter
	requests rest.Interface
}

// Update replaces the status of an object and leaves in it what the API server made of
// it, managedFields apart. The status is all that it sends: the rest is as in the version
// that the object has.
func (c *statuses) Update(ctx context.Context, object client.Object, options ...client.SubResourceUpdateOption) error {
	s, ours := shapeOf(object)
	if !ours || len(options) > 0 {
		return c.SubResourceWriter.Update(ctx, object, options...)
	}
	put := c.requests.Put().Namespace(object.GetNamespace()).Resource(s.resource).Name(object.GetName()).SubResource("status")
	return send(ctx, put, s.statusOf(object), object)
}

// send sends a body and decodes the answer into an object.
func send(ctx context.Context, request *rest.Request, body any, into client.Object) error {
	text, err := json.Marshal(body, writing)
	if err != nil {
		return fmt.Errorf("encode %T: %w", into, err)
	}
	// Our types know every field that they send.
	result := request.Param("fieldValidation", "Ignore").SetHeader("Content-Type", "application/json").Body(text).Do(ctx)
	if err := result.Error(); err != nil {
		return err
	}
	answer, err := result.Raw()
	if err != nil {
		return err
	}
	// Into an object of its own, so that nothing of what was sent stays behind.
	stored := reflect.New(reflect.TypeOf(into).Elem())
	if err := json.Unmarshal(answer, stored.Interface(), reading); err != nil {
		return fmt.Errorf("decode the %T that the API server answered: %w", into, err)
	}
	reflect.ValueOf(into).Elem().Set(stored.Elem())
	into.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	return nil
}
