package api

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
)

// What of Knative's Kafka types the manifests may use, by the field names of their releases 1.15 to 1.20:
// the CRDs themselves keep whatever they do not know.
type (
	kafkaDestination struct {
		Ref struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Name       string `json:"name"`
			Namespace  string `json:"namespace"`
		} `json:"ref"`
		URI      string `json:"uri"`
		Audience string `json:"audience"`
	}
	kafkaSource struct {
		BootstrapServers []string         `json:"bootstrapServers"`
		Topics           []string         `json:"topics"`
		ConsumerGroup    string           `json:"consumerGroup"`
		Ordering         string           `json:"ordering"`
		Sink             kafkaDestination `json:"sink"`
		Delivery         struct {
			Retry          int              `json:"retry"`
			BackoffPolicy  string           `json:"backoffPolicy"`
			BackoffDelay   string           `json:"backoffDelay"`
			DeadLetterSink kafkaDestination `json:"deadLetterSink"`
		} `json:"delivery"`
	}
	kafkaSink struct {
		BootstrapServers []string `json:"bootstrapServers"`
		Topic            string   `json:"topic"`
		ContentMode      string   `json:"contentMode"`
	}
)

// config/kafka uses fields that Knative's Kafka types have, and what it refers to is there.
func TestKafkaManifests(t *testing.T) {
	sinks := map[string]kafkaSink{}
	var source kafkaSource
	for _, o := range decode(t, newKubectl(t)("kustomize", configDir("kafka"))) {
		var into any
		sink := kafkaSink{}
		switch o.GroupVersionKind().String() {
		case "sources.knative.dev/v1beta1, Kind=KafkaSource":
			into = &source
		case "eventing.knative.dev/v1alpha1, Kind=KafkaSink":
			into = &sink
		case "/v1, Kind=Namespace":
			continue
		default:
			t.Fatalf("%s is none of the kinds that Knative has for Kafka", o.GroupVersionKind())
		}
		spec, _ := o.Object["spec"].(map[string]any)
		if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(spec, into, true); err != nil {
			t.Errorf("%s %s: %v", o.GetKind(), o.GetName(), err)
		}
		if o.GetKind() == "KafkaSink" {
			sinks[o.GetName()] = sink
		}
	}
	if got := source.Sink.Ref; got.Kind != "Service" || got.Name != "inventory-bridge" || got.Namespace != "inventory-system" {
		t.Errorf("commands go to %+v, want the bridge", got)
	}
	if _, there := sinks[source.Delivery.DeadLetterSink.Ref.Name]; !there {
		t.Errorf("dead letters go to %q, which is none of %v", source.Delivery.DeadLetterSink.Ref.Name, sinks)
	}
	for name, sink := range sinks {
		if sink.Topic == "" || len(sink.BootstrapServers) == 0 || sink.ContentMode != "binary" {
			t.Errorf("KafkaSink %s is %+v", name, sink)
		}
	}
}
