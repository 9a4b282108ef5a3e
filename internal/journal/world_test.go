package journal_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/journal"
)

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, "../../config/crd")) }

// patience is how long what must come is waited for.
const patience = 30 * time.Second

// world is a namespace of a real API server, a person in it, and a store.
type world struct {
	*testing.T
	plane     *controlplane.ControlPlane
	namespace string
	proxy     *faulty
	pages     dynamic.ResourceInterface
	ledgers   dynamic.ResourceInterface
}

// newWorld makes a namespace of the shared API server for one test.
func newWorld(t *testing.T) *world {
	t.Helper()
	return worldOf(t, controlplanetest.Shared(t))
}

func worldOf(t *testing.T, plane *controlplane.ControlPlane) *world {
	t.Helper()
	client, err := dynamic.NewForConfig(plane.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, plane: plane, namespace: controlplanetest.Namespace(t, plane), proxy: newFaulty(t, plane.RESTConfig())}
	w.pages = client.Resource(v1.GroupVersion.WithResource("journalpages")).Namespace(w.namespace)
	w.ledgers = client.Resource(v1.GroupVersion.WithResource("stockledgers")).Namespace(w.namespace)
	return w
}

// keeper is a store and what it sends.
type keeper struct {
	*world
	store  *journal.Store
	events chan journal.Event
	stop   context.CancelFunc
	calls  uint64
}

// open returns a store, which ends with the test, whose requests go through a proxy.
func (w *world) open(options journal.StoreOptions) *keeper { return w.openTo(w.proxy.config, options) }

func (w *world) openTo(config *rest.Config, options journal.StoreOptions) *keeper {
	w.Helper()
	client, err := journal.NewClient(config, nil)
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	k := &keeper{world: w, events: make(chan journal.Event), stop: cancel}
	k.store = journal.NewStore(ctx, client, w.namespace, k.events, options)
	w.Cleanup(func() {
		cancel()
		k.store.Wait()
	})
	return k
}

// next is the next event.
func (k *keeper) next() journal.Event {
	k.Helper()
	select {
	case e := <-k.events:
		return e
	case <-time.After(patience):
		k.Fatal("no event came")
		return nil
	}
}

// await is the next event, which has to be of a kind.
func await[E journal.Event](k *keeper) E {
	k.Helper()
	event := k.next()
	e, ok := event.(E)
	if !ok {
		k.Fatalf("got %T %+v, want %T", event, event, e)
	}
	return e
}

// call numbers effects.
func (k *keeper) call() uint64 {
	k.calls++
	return k.calls
}

// list lists and then watches.
func (k *keeper) list() journal.Listed {
	k.Helper()
	k.store.Perform(journal.List{Call: k.call()})
	listed := await[journal.Listed](k)
	if listed.Err != nil || listed.Call != k.calls {
		k.Fatalf("list %d was answered with %d and the error %v", k.calls, listed.Call, listed.Err)
	}
	return listed
}

// create makes a blank page.
func (k *keeper) create(name string) journal.Page {
	k.Helper()
	k.store.Perform(journal.Create{Call: k.call(), Name: name})
	created := await[journal.Created](k)
	if created.Page == nil || !created.Page.Blank() {
		k.Fatalf("creating %s gave %+v, %v", name, created.Page, created.Err)
	}
	return *created.Page
}

// put writes a page.
func (k *keeper) put(p journal.Page) journal.Wrote {
	k.Helper()
	k.store.Perform(journal.Put{Call: k.call(), Page: p})
	wrote := await[journal.Wrote](k)
	if wrote.Call != k.calls || (wrote.Err == nil) != (wrote.Result == journal.Stored) {
		k.Fatalf("write %d was answered with %+v", k.calls, wrote)
	}
	return wrote
}

// mustPut writes a page and returns it as it is stored.
func (k *keeper) mustPut(p journal.Page) journal.Page {
	k.Helper()
	wrote := k.put(p)
	if wrote.Result != journal.Stored {
		k.Fatalf("the write of %s is %d: %v", p.Name, wrote.Result, wrote.Err)
	}
	return *wrote.Page
}

// get reads a page.
func (k *keeper) get(name string) *journal.Page {
	k.Helper()
	k.store.Perform(journal.Get{Call: k.call(), Name: name})
	got := await[journal.Got](k)
	if got.Err != nil || got.Call != k.calls {
		k.Fatalf("get %d was answered with %d and the error %v", k.calls, got.Call, got.Err)
	}
	return got.Page
}

// after is the page as the next write of its holder has it: with one record more.
func after(p journal.Page, token, record string) journal.Page {
	next := writtenPage()
	next.Ref, next.Version, next.Number = p.Ref, p.Version, max(p.Number, 1)
	next.Token, next.Over = token, p.Token
	next.Records = append(append(next.Records, p.Records...), []byte(record))
	next.Blob = journal.Pack(next.Records)
	return next
}

// patch changes an object as a person would.
func patch(w *world, objects dynamic.ResourceInterface, name, text string) error {
	_, err := objects.Patch(w.Context(), name, types.MergePatchType, []byte(text), metav1.PatchOptions{})
	return err
}

// kubectl is what kubectl prints.
func kubectl(w *world, args ...string) string {
	w.Helper()
	kubeconfig := filepath.Join(w.TempDir(), "kubeconfig")
	if err := w.plane.WriteKubeconfig(kubeconfig); err != nil {
		w.Fatal(err)
	}
	args = append([]string{"--kubeconfig", kubeconfig, "--namespace", w.namespace}, args...)
	out, err := exec.CommandContext(w.Context(), w.plane.Kubectl(), args...).CombinedOutput()
	if err != nil {
		w.Fatalf("kubectl %v: %v\n%s", args, err, out)
	}
	return string(out)
}
