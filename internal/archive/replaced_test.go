package archive_test

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/internal/stock"
)

// Somebody deletes all pages, and has the journal repaired: a new one, that knows what was told,
// takes its place. It is archived as a new epoch, without a loss.
func TestRepaired(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remember, postgrestest.URL(t))
	p := w.archive(w.url)
	ids := w.reserve(12, 1)
	w.consume(ids[0])
	w.release(ids[1])
	w.caughtUp()
	w.must(w.client.DeleteAllOf(t.Context(), &v1.JournalPage{}, client.InNamespace(w.namespace)))
	var asked string
	w.await("the journal is damaged and proven", func() bool {
		w.runner.Read(func(_ *stock.State, l *journal.Log) {
			if d := l.Damage(); d != nil && d.Proven {
				asked = d.Request()
			}
		})
		return asked != ""
	})
	w.await("the archive says that it cannot follow", func() bool { return strings.Contains(p.log.String(), "The journal cannot be followed") })
	w.sees(false, ids...) // of pages that are gone nothing follows
	repair, err := journal.ParseRepair(asked)
	w.must(err)
	w.runner.Repair(repair)
	ids = append(ids, w.reserve(1, 1)...)
	w.caughtUp()
	w.sees(false, ids...)
	w.want(map[string]int64{
		"SELECT count(*) FROM journals WHERE namespace = $1":                                                2,
		"SELECT count(*) FROM journals WHERE namespace = $1 AND epoch = 2 AND reason = 'REPLACED'":          1,
		"SELECT count(DISTINCT journal_uid) FROM journals WHERE namespace = $1":                             2,
		"SELECT count(*) FROM journal_gaps WHERE namespace = $1 AND reason = 'REPLACED'":                    1,
		"SELECT count(*) FROM journal_gaps WHERE namespace = $1 AND (lost > 0 OR superseded > 0)":           0,
		"SELECT count(*) FROM reservations WHERE namespace = $1 AND release_reason = 'LOST_IN_GAP'":         0,
		"SELECT count(*) FROM stock_movements WHERE namespace = $1 AND superseded":                          0,
		"SELECT sum(received)::bigint FROM stock_movements WHERE namespace = $1 AND product_id IS NOT NULL": 1_000_000,
	})
	w.sees(false, w.after()...)
}

// The namespace is deleted and made again under its name, with stock of its own. Holds of the one
// before are nobody's any more; what was shipped from it stays archived.
func TestNamespaceMadeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remember, postgrestest.URL(t))
	p := w.archive(w.url)
	old := w.reserve(6, 1)
	w.consume(old[0])
	w.release(old[1])
	w.caughtUp()

	cluster, err := kubernetes.NewForConfig(w.config)
	w.must(err)
	w.stopDeciding()
	w.must(cluster.CoreV1().Namespaces().Delete(t.Context(), w.namespace, metav1.DeleteOptions{}))
	for _, kind := range []client.Object{&v1.JournalPage{}, &v1.StockLedger{}} {
		w.must(w.client.DeleteAllOf(t.Context(), kind, client.InNamespace(w.namespace)))
	}
	gone, err := cluster.CoreV1().Namespaces().Get(t.Context(), w.namespace, metav1.GetOptions{})
	w.must(err)
	gone.Spec.Finalizers = nil
	_, err = cluster.CoreV1().Namespaces().Finalize(t.Context(), gone, metav1.UpdateOptions{})
	w.must(err)
	w.await("the namespace is gone", func() bool {
		_, err := cluster.CoreV1().Namespaces().Get(t.Context(), w.namespace, metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
	select {
	case <-p.ended:
		t.Fatalf("the archive ends with the namespace: %v", p.err)
	case <-time.After(time.Second): // that nothing happens takes its time
	}
	w.sees(false, old...)

	again := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}
	_, err = cluster.CoreV1().Namespaces().Create(t.Context(), again, metav1.CreateOptions{})
	w.must(err)
	w.decide()
	young := w.reserve(3, 1)
	w.caughtUp()
	w.sees(false, young...)
	w.sees(false, old[:2]...)
	w.want(map[string]int64{
		"SELECT count(*) FROM journals WHERE namespace = $1 AND epoch = 2 AND reason = 'REPLACED'":  1,
		"SELECT count(DISTINCT namespace_uid) FROM journals WHERE namespace = $1":                   2,
		"SELECT count(*) FROM journal_gaps WHERE namespace = $1 AND reason = 'REPLACED'":            1,
		"SELECT lost FROM journal_gaps WHERE namespace = $1":                                        4,
		"SELECT count(*) FROM reservations WHERE namespace = $1 AND status = 'HELD'":                3,
		"SELECT count(*) FROM reservations WHERE namespace = $1 AND release_reason = 'LOST_IN_GAP'": 4,
		"SELECT count(*) FROM stock_items WHERE namespace = $1 AND deleted_at IS NULL":              1,
	})
	w.sees(false, w.after()...)
}
