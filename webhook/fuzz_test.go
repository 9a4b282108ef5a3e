package webhook

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/acme/inventory-service/api/events"
)

// Whatever is posted as a CloudEvent, the answer is one that no broker repeats,
// and a refusal is a short problem document. The API server's part is to say that
// there is no such namespace.
func FuzzEvent(f *testing.F) {
	for _, contentType := range []string{"application/cloudevents+json", "application/json", "application/cloudevents-batch+json", "text/plain; a=b", ""} {
		f.Add(contentType, "1.0", events.TypeReserve, "id", "/s", "", "x", []byte(tinyCart))
		f.Add(contentType, "", "", "", "", "noon", "", []byte(`{"specversion":"1.0","id":"i","type":"`+events.TypeStockLevelGet+`","source":"s","data":{"productId":"p"}}`))
	}
	f.Add("application/cloudevents+json", "0.3", events.TypeRelease, "id", ":", "2030-01-01T00:00:00Z", "-", []byte(`{"specversion":"0.3","data_base64":"e30="}`))
	f.Add("application/json", "1.0", events.TypeConsume, "id", "/s", "", "x", []byte(`{"reservationId":"r","items":[{"productId":"p","locationId":"l","quantity":1}]}`))
	f.Add("application/json", "1.0", events.TypeConsume, "id", "/s", "", "x", []byte(`{"reservationId":"r","items":[]}`))
	bridge := newBridge(f, offline(f, interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
			return apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shop")
		},
	}))
	allowed := []int{http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}
	f.Fuzz(func(t *testing.T, contentType, version, eventType, id, source, at, extension string, body []byte) {
		r := request(t, http.MethodPost, "/", string(body))
		for name, value := range map[string]string{"Content-Type": contentType, "ce-specversion": version, "ce-type": eventType, "ce-id": id, "ce-source": source, "ce-time": at, "ce-" + extension: extension} {
			if value != "" || name == "ce-" {
				r.Header.Set(name, value)
			}
		}
		got := ask(t, bridge, r)
		if !slices.Contains(allowed, got.status) {
			t.Fatalf("status %d: %s", got.status, got.body)
		}
		if got.status == http.StatusOK {
			got.event()
		} else if len(got.body) > maxProblem || !json.Valid([]byte(got.body)) {
			t.Errorf("%d bytes: %s", len(got.body), got.body)
		}
	})
}
