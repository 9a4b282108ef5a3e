package namespaces_test

import (
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/acme/inventory-service/internal/namespaces"
)

// A Namespace that goes while it is read past the caches stays gone; one that is made later does not.
func TestGoneWhileItIsRead(t *testing.T) {
	d := newDeaf(t)
	for _, tc := range []struct {
		name  string
		finds *metav1.PartialObjectMetadata
		is    bool
	}{
		{"as it was", at(namespace("shop", "2", false), "20"), false},
		{"a version that the watch did not tell", at(namespace("shop", "2", false), "40"), false},
		{"the one before", at(namespace("shop", "1", false), "10"), false},
		{"the next one", at(namespace("shop", "3", false), "50"), true},
	} {
		d.read = func() (*metav1.PartialObjectMetadata, error) {
			d.SeeNamespace(at(namespace("shop", "2", false), "20"))
			d.NamespaceGone(at(namespace("shop", "2", false), "30"))
			return tc.finds, nil
		}
		_, err := d.Open(t.Context(), "shop")
		var missing *namespaces.MissingError
		if is := err == nil; is != tc.is || is != d.works() || !is && !errors.As(err, &missing) {
			t.Errorf("%s: opened with %v, worked in: %v", tc.name, err, d.works())
		}
	}
	d.NamespaceGone(at(namespace("shop", "3", true), "60"))
	d.SeeNamespace(at(namespace("shop", "4", false), "70"))
	d.See("shop")
	if !d.works() {
		t.Error("one that is made again is not worked in")
	}
}

// What was in a Namespace that is gone may be told late. It is not of the one that is made again.
func TestSeenAfterItIsGone(t *testing.T) {
	d := newDeaf(t)
	d.read = func() (*metav1.PartialObjectMetadata, error) {
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shop")
	}
	d.SeeNamespace(at(namespace("shop", "1", false), "10"))
	d.NamespaceGone(at(namespace("shop", "1", true), "20"))
	d.See("shop")
	d.SeeNamespace(at(namespace("shop", "2", false), "30"))
	if d.works() {
		t.Error("what was seen in one that is gone has the next one begun")
	}
	d.See("shop")
	if !d.works() {
		t.Error("one that was made again and has something of ours is not worked in")
	}
	d.NamespaceGone(at(namespace("shop", "2", true), "40"))
	d.after.Store(int64(time.Hour))
	d.See("shop")
	d.SeeNamespace(at(namespace("shop", "3", false), "50"))
	if !d.works() {
		t.Error("what is seen before its Namespace is not remembered for good: the one before is long gone")
	}
}
