package controllers

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	v1 "github.com/acme/inventory-service/api/v1"
)

// What was written is not written again over what the cache still has; the watch tells when
// it has caught up, or that the object is gone.
func TestWrites(t *testing.T) {
	at := func(version string) *v1.Reservation {
		return &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "r", ResourceVersion: version}}
	}
	key := client.ObjectKeyFromObject(at("1"))
	var w writes
	watched := w.watched()
	expect := func(when string, version uint64, ahead bool) {
		t.Helper()
		if got := w.ahead(key, version); got != ahead {
			t.Errorf("%s: ahead of %d is %t", when, version, got)
		}
	}
	expect("nothing written", 0, false)
	w.wrote(at("7"))
	expect("written", 0, true)
	expect("written", 6, true)
	watched.Update(event.UpdateEvent{ObjectOld: at("5"), ObjectNew: at("6")})
	expect("the watch is behind", 6, true)
	watched.Update(event.UpdateEvent{ObjectOld: at("6"), ObjectNew: at("8")})
	expect("the watch has gone on", 6, false)
	w.wrote(at("9"))
	expect("the cache was first", 9, false)
	w.wrote(at("10"))
	watched.Delete(event.DeleteEvent{Object: at("9")})
	expect("gone", 0, false)
	if len(w.newest) > 0 {
		t.Errorf("%d versions are left", len(w.newest))
	}
}
