package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	"k8s.io/client-go/rest"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// kinds are what operators watch.
var kinds = []string{"reservations", "stockitems", "stockledgers", "journalpages"}

// bygone is how a namespace looked at some moment, shown to informers in place of
// the present, kind by kind, until the kind is let go. From then on they are
// told, as by a server that was behind, what happened since.
type bygone map[string]*bygoneKind

type bygoneKind struct {
	Kind, APIVersion string
	Metadata         struct{ ResourceVersion string }
	Items            []json.RawMessage
	text             []byte
	present          chan struct{} // closed when it is let go
	shown            chan struct{} // closed when somebody has asked
	once             sync.Once
}

// remember reads all kinds as they are now.
func remember(w *testbed.World) bygone {
	w.Helper()
	config := w.ControlPlane.RESTConfig()
	client, err := rest.HTTPClientFor(config)
	w.Must(err)
	p := bygone{}
	for _, kind := range kinds {
		response, err := client.Get(fmt.Sprintf("%s/apis/%s/namespaces/%s/%s",
			w.ControlPlane.APIServerURL(), v1.GroupVersion, w.Namespace, kind))
		w.Must(err)
		k := &bygoneKind{present: make(chan struct{}), shown: make(chan struct{})}
		k.text, err = io.ReadAll(response.Body)
		w.Must(err)
		w.Must(response.Body.Close())
		w.Must(json.Unmarshal(k.text, k))
		p[kind] = k
	}
	return p
}

// letGo lets informers catch up with a kind.
func (p bygone) letGo(kind string) { close(p[kind].present) }

// View shows the past.
func (p bygone) View(v *testbed.View) (served bool) {
	k := p[v.Resource]
	if k == nil || k.isPresent() {
		return false
	}
	version := k.Metadata.ResourceVersion
	switch {
	case !v.IsWatch():
		k.once.Do(func() { close(k.shown) })
		v.Writer.Header().Set("Content-Type", "application/json")
		_, _ = v.Writer.Write(k.text) // the operator may be gone
		return true
	case v.WantsAll():
		k.once.Do(func() { close(k.shown) })
		if k.show(v) != nil {
			return true
		}
	default:
		k.once.Do(func() { close(k.shown) })
		version = v.Request.URL.Query().Get("resourceVersion")
		v.Begin()
	}
	select {
	case <-k.present:
		k.follow(v, version)
	case <-v.Request.Context().Done():
	}
	return true
}

func (k *bygoneKind) isPresent() bool {
	select {
	case <-k.present:
		return true
	default:
		return false
	}
}

// show begins a watch with all there was.
func (k *bygoneKind) show(v *testbed.View) error {
	v.Begin()
	for _, item := range k.Items {
		if err := v.Send(testbed.Frame{Type: "ADDED", Object: item}); err != nil {
			return err
		}
	}
	kind := k.Kind[:len(k.Kind)-len("List")]
	end := fmt.Sprintf(`{"kind":%q,"apiVersion":%q,"metadata":{"resourceVersion":%q,"annotations":{"k8s.io/initial-events-end":"true"}}}`,
		kind, k.APIVersion, k.Metadata.ResourceVersion)
	return v.Send(testbed.Frame{Type: "BOOKMARK", Object: json.RawMessage(end)})
}

// follow tells what happened since a version.
func (k *bygoneKind) follow(v *testbed.View, version string) {
	query := v.Request.URL.Query()
	query.Del("sendInitialEvents")
	query.Del("resourceVersionMatch")
	query.Set("resourceVersion", version)
	response, err := v.Upstream(query)
	if err != nil {
		return
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return // the watch ends, and the informer tries again
	}
	testbed.Frames(response.Body, func(f testbed.Frame) bool { return v.Send(f) == nil })
}
