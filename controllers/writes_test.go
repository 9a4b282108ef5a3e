package controllers

import (
	"strconv"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	v1 "github.com/acme/inventory-service/api/v1"
)

// What was written is not written again over what the cache still has, until that has caught
// up, or the object is gone, or the watch has had its time.
func TestWrites(t *testing.T) {
	at := func(name, version string) *v1.Reservation {
		return &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, ResourceVersion: version}}
	}
	key := client.ObjectKeyFromObject(at("r", ""))
	var w writes
	expect := func(when string, version uint64, after time.Duration, ahead bool) {
		t.Helper()
		if got := w.ahead(key, version, now.Add(after)); got != ahead {
			t.Errorf("%s: ahead of %d is %t", when, version, got)
		}
	}
	expect("nothing written", 0, 0, false)
	w.wrote(at("r", "7"), now)
	expect("not in the cache", 0, 0, true)
	expect("older in the cache", 6, watchLag, true)
	expect("the cache has it", 7, 0, false)
	w.wrote(at("r", "9"), now)
	expect("the cache has a newer one", 10, 0, false)
	w.wrote(at("r", "10"), now)
	expect("the cache never gets it", 9, watchLag+1, false)
	w.wrote(at("r", "11"), now)
	if !w.deletions().Delete(event.DeleteEvent{Object: at("r", "12")}) {
		t.Error("a deletion is kept back")
	}
	expect("gone", 0, 0, false)
	if len(w.newest) > 0 {
		t.Errorf("%d versions are left", len(w.newest))
	}
	for n := range 3000 { // of which nobody asks again
		w.wrote(at(strconv.Itoa(n), "7"), now.Add(time.Duration(n)*time.Second))
	}
	if len(w.newest) > 1100 {
		t.Errorf("%d versions are left", len(w.newest))
	}
}
