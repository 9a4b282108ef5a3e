package publisher

import (
	"fmt"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// destination is where the outcomes of one namespace go.
type destination struct {
	// sink is nil where they go nowhere, and then every outcome counts as delivered, unless wait
	// says that it is not known where they go: they wait.
	sink *target
	wait bool
	// annotation is the value of the one that names the sink, if it is annotated, and err what
	// is wrong with it. The Namespace has this uid.
	annotation string
	annotated  bool
	err        error
	uid        types.UID
	// unseen says that the Namespace was not seen yet.
	unseen bool
	// changed is closed once outcomes go elsewhere.
	changed chan struct{}
}

// nowhere tells whether outcomes count as delivered.
func (d *destination) nowhere() bool { return d.sink == nil && !d.wait }

// destinations are those of all namespaces that were seen, or asked for.
type destinations struct {
	mu sync.Mutex
	of map[string]*destination
}

// destination is where the outcomes of a namespace go. Until the Namespace was seen they wait:
// its annotation may say something else than the flag.
func (p *Publisher) destination(namespace string) *destination {
	p.destinations.mu.Lock()
	defer p.destinations.mu.Unlock()
	d := p.destinations.of[namespace]
	if d == nil {
		d = &destination{wait: true, unseen: true, changed: make(chan struct{})}
		p.destinations.set(namespace, d)
	}
	return d
}

func (d *destinations) set(namespace string, to *destination) {
	if d.of == nil {
		d.of = map[string]*destination{}
	}
	if before := d.of[namespace]; before != nil {
		close(before.changed)
	}
	d.of[namespace] = to
}

// SeeNamespace takes note of a Namespace as it is: its annotation may name a sink.
func (p *Publisher) SeeNamespace(namespace *metav1.PartialObjectMetadata) {
	annotation, annotated := namespace.Annotations[v1.SinkAnnotation]
	p.destinations.mu.Lock()
	defer p.destinations.mu.Unlock()
	if d := p.destinations.of[namespace.Name]; d != nil && d.uid == namespace.UID && d.annotation == annotation && d.annotated == annotated && !d.unseen {
		return
	}
	d := &destination{sink: p.sink, annotation: annotation, annotated: annotated, uid: namespace.UID, changed: make(chan struct{})}
	if annotated {
		// It gets neither the tokens nor the overrides, which are for the sink of the flags.
		d.sink, d.err = newTarget("sink in annotation "+v1.SinkAnnotation, annotation, p.options.HTTPClient, p.options.Clock)
		d.wait = d.err != nil
	}
	if d.err != nil {
		p.log.Info("the annotation of a Namespace names no sink, and its outcomes wait", "namespace", namespace.Name, "error", d.err.Error())
	}
	p.destinations.set(namespace.Name, d)
}

// NamespaceGone takes note of a Namespace that is no more.
func (p *Publisher) NamespaceGone(namespace *metav1.PartialObjectMetadata) {
	p.destinations.mu.Lock()
	defer p.destinations.mu.Unlock()
	if d := p.destinations.of[namespace.Name]; d != nil && d.uid == namespace.UID {
		close(d.changed)
		delete(p.destinations.of, namespace.Name)
	}
}

// Sends tells whether the outcomes of a namespace go to a sink.
func (p *Publisher) Sends(namespace string) bool { return !p.destination(namespace).nowhere() }

// invalid says what is wrong with the annotation of a Namespace.
func (d *destination) invalid() string {
	return fmt.Sprintf("the annotation %s of the Namespace names no sink, and outcomes wait: %v. Without the annotation they go to --sink", v1.SinkAnnotation, d.err)
}
