package plugin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin"
	"github.com/acme/inventory-service/test/testbed"
)

// item is a StockItem as it is now.
func (s *shop) item(name string) *v1.StockItem {
	s.Helper()
	var item v1.StockItem
	s.Must(s.Client.Get(s.Context(), client.ObjectKey{Namespace: s.Namespace, Name: name}, &item))
	return &item
}

// A cart's life from the command line: what was asked for is waited for, and the exit code
// tells what became of it.
func TestCarts(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug-ams", "mug", "amsterdam", 5)
	s.Stock("tea", "tea", "amsterdam", 10)

	dry := s.want(plugin.Done, "reserve", "mug-ams=1", "--name", "dry", "--dry-run=server")
	golden(t, "reserve-dry", dry.out)
	if all := s.Reservations(); len(all) != 0 {
		t.Errorf("a dry run made %d reservations", len(all))
	}
	golden(t, "reserve", s.want(plugin.Done, "reserve", "mug-ams=2", "tea=4", "--name", "one", "--cart", "cart-1", "--hold", "1h").out)
	golden(t, "reserve-json", s.want(plugin.Done, "reserve", "mug=1", "--name", "two", "--cart", "cart-2", "-o", "json").out)
	if r := s.want(plugin.Refused, "reserve", "mug=9", "--name", "many"); !strings.Contains(r.err, "unavailable: there are 2 of 9 mug") || r.out != "" {
		t.Errorf("an unavailable cart: %q, %q", r.out, r.err)
	}
	var refused v1.Reservation
	s.Must(json.Unmarshal([]byte(s.want(plugin.Refused, "reserve", "mug=9", "-o", "json").out), &refused))
	if refused.Status.Phase != v1.PhaseUnavailable || refused.Annotations[v1.DeleteAfterCompletionAnnotation] != "true" {
		t.Errorf("the document of a refused cart is %+v", refused)
	}
	s.want(plugin.Refused, "reserve", "mug=1", "--name", "one")
	s.want(plugin.Refused, "reserve", "cup=1")
	for _, wrong := range [][]string{{"reserve", "mug"}, {"reserve", "mug=0"}, {"reserve", "mug=-1"}, {"reserve", "mug=1", "mug-ams=1"}, {"reserve", "mug=1", "--hold", "48h"}, {"reserve"}} {
		s.want(plugin.Misused, wrong...)
	}

	golden(t, "release-part", s.want(plugin.Done, "release", "one", "--item", "tea=1").out)
	golden(t, "consume-part", s.want(plugin.Done, "consume", "one", "--item", "mug-ams@amsterdam=1", "--item", "tea=2").out)
	s.want(plugin.Done, "consume", "one", "--item", "mug@amsterdam=1") // a running total: harmless
	if r := s.want(plugin.Refused, "consume", "one", "--item", "tea=4"); !strings.Contains(r.err, "tea") {
		t.Errorf("more than there is: %q", r.err)
	}
	golden(t, "consume-dry", s.want(plugin.Done, "consume", "one", "--dry-run").out)
	golden(t, "consume", s.want(plugin.Done, "consume", "one").out)
	if r := s.want(plugin.Refused, "release", "one"); !strings.Contains(r.err, "Consumed cannot be released") {
		t.Errorf("a shipped cart: %q", r.err)
	}
	golden(t, "release", s.want(plugin.Done, "release", "two", "--reason", "ORDER_CANCELLED").out)
	s.want(plugin.Done, "release", "two") // it is released
	s.want(plugin.Refused, "consume", "two")
	s.want(plugin.Refused, "release", "nobody")

	s.want(plugin.Done, "reserve", "tea=3", "--name", "three")
	s.want(plugin.Done, "consume", "three", "--item", "tea=1")
	golden(t, "release-rest", s.want(plugin.Done, "release", "three", "--reason", "ORDER_CANCELLED").out)
	s.Settle()
}

// A hold lasts longer where it still holds, and another one of its cart takes its place.
func TestExtendAndReplace(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug", "mug", "amsterdam", 5)
	s.want(plugin.Done, "reserve", "mug=3", "--name", "one", "--cart", "cart-1", "--hold", "1m")
	golden(t, "extend", s.want(plugin.Done, "extend", "one", "--hold", "2h").out)
	var r v1.Reservation
	s.Must(s.Client.Get(s.Context(), client.ObjectKey{Namespace: s.Namespace, Name: "one"}, &r))
	if left := time.Until(r.Status.ExpiresAt.Time); left < 110*time.Minute {
		t.Errorf("it lasts for %s", left)
	}
	s.want(plugin.Misused, "extend", "one", "--hold", "25h")
	golden(t, "replace", s.want(plugin.Done, "reserve", "mug=5", "--name", "two", "--cart", "cart-1", "--replace", "one").out)
	s.want(plugin.Misused, "reserve", "mug=1", "--replace", "two")
	if r := s.want(plugin.Refused, "extend", "one", "--hold", "1h"); !strings.Contains(r.err, "cannot be extended") {
		t.Errorf("a hold that has ended: %s", r.err)
	}
	s.Settle()
}

// What is not counted has no deliveries, and is in no sum.
func TestUnlimited(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug", "mug", "amsterdam", 5)
	s.Stock("song", "song", "web", 0)
	s.PatchItem("song", `{"spec":{"tracking":"Unlimited"}}`)
	s.AwaitItem("song", func(i *v1.StockItem) bool { return i.Status.Available > 0 })
	s.want(plugin.Done, "reserve", "song=1000", "mug=1")
	s.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Reserved == 1 })
	s.AwaitItem("song", func(i *v1.StockItem) bool { return i.Status.Reserved == 1000 })
	golden(t, "levels-unlimited", s.want(plugin.Done, "levels").out)
	for _, command := range [][]string{{"receive", "song", "+1"}, {"count", "song", "1"}} {
		if r := s.want(plugin.Refused, command...); !strings.Contains(r.err, "not counted") {
			t.Errorf("%q: %s", command, r.err)
		}
	}
	if r := s.want(plugin.Misused, "import", s.file("name,counted\nsong,3\n")); !strings.Contains(r.out, "not counted") {
		t.Errorf("a count of songs: %s", r.out)
	}
	sheet := s.want(plugin.Done, "export").out
	s.want(plugin.Done, "import", s.file(sheet))
	s.want(plugin.Done, "import", s.file("name,product,tracking\nfilm,film,Unlimited\nsong,,Counted\n"))
	if specs := s.specs(); specs["film"].Tracking != v1.TrackingUnlimited || specs["song"].Tracking != v1.TrackingCounted {
		t.Errorf("they are %+v", specs)
	}
}

// A cart that no object shows is named, with the way in which it can be changed.
func TestEndWithoutObject(t *testing.T) {
	s := newShop(t).open("--show=none")
	s.Stock("mug", "mug", "amsterdam", 5)
	told := s.Ask(testbed.Reserve("cart", testbed.PlainHTTP, testbed.Item("mug", 1)), s.Operator)
	if r := s.want(plugin.Refused, "consume", told.Reservation); !strings.Contains(r.err, "POST /reservations/"+told.Reservation) {
		t.Errorf("it says %q", r.err)
	}
}

// Where nobody decides, what is written stays written, and the exit code says that.
func TestNobodyDecides(t *testing.T) {
	s := newShop(t)
	s.Declare("mug", "mug", "amsterdam", 5)
	for _, command := range [][]string{
		{"reserve", "mug=1", "--name", "one"}, {"receive", "mug", "+5"}, {"suspend", "mug"}, {"release", "one"},
	} {
		if r := s.want(plugin.Undecided, append(command, "--timeout", "1s")...); !strings.Contains(r.err, "no operator has") {
			t.Errorf("%q: %s", command, r.err)
		}
	}
	s.want(plugin.Done, "receive", "mug", "+1", "--wait=false")
	if item := s.item("mug"); item.Spec.Received != 11 || !item.Spec.Suspended {
		t.Errorf("the spec is %+v", item.Spec)
	}
	if r := s.want(plugin.Refused, "move", "mug", "1", "--to", "rotterdam"); !strings.Contains(r.err, "make one first") {
		t.Errorf("a move to nowhere: %s", r.err)
	}
	if r := s.run("count", "mug", "7", "--wait=false"); r.code != plugin.Done || s.item("mug").Spec.Received != 7 {
		t.Errorf("a count before anything was sold: %+v", r)
	}
}

// Deliveries, counts, moves and suspensions are written where they belong, and shown.
func TestStockWork(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug-ams", "mug", "amsterdam", 100)
	s.Stock("mug-rtm", "mug", "rotterdam", 0)
	s.PatchItem("mug-ams", `{"spec":{"priority":5}}`)
	s.want(plugin.Done, "reserve", "mug=30", "--name", "held")
	s.want(plugin.Done, "reserve", "mug=10", "--name", "shipped")
	s.want(plugin.Done, "consume", "shipped")

	golden(t, "receive-dry", s.want(plugin.Done, "receive", "mug-ams", "+200", "--dry-run").out)
	if got := s.item("mug-ams").Spec.Received; got != 100 {
		t.Fatalf("a dry run wrote received %d", got)
	}
	golden(t, "receive", s.want(plugin.Done, "receive", "mug-ams", "+200").out)
	golden(t, "write-off", s.want(plugin.Done, "receive", "mug-ams", "--", "-5").out)
	s.want(plugin.Refused, "receive", "mug-ams", "--", "-1000")
	s.want(plugin.Misused, "receive", "mug-ams", "200")
	s.want(plugin.Misused, "receive", "mug-ams", "+0")
	golden(t, "receive-json", s.want(plugin.Done, "receive", "mug-rtm", "+1", "-o", "json").out)

	golden(t, "count", s.want(plugin.Done, "count", "mug-ams", "270").out)
	if item := s.item("mug-ams"); item.Spec.Received != 280 || item.Status.OnHand != 270 {
		t.Errorf("after the count: %+v, %+v", item.Spec, item.Status)
	}
	if r := s.want(plugin.Done, "count", "mug-ams", "20"); !strings.Contains(r.out, "promised or shipped beyond") {
		t.Errorf("a count below what is reserved: %s", r.out)
	}
	s.want(plugin.Done, "count", "mug-ams", "270")

	golden(t, "move-dry", s.want(plugin.Done, "move", "mug-ams", "20", "--to", "rotterdam", "--dry-run").out)
	golden(t, "move", s.want(plugin.Done, "move", "mug-ams", "20", "--to", "rotterdam").out)
	ams, rtm := s.item("mug-ams"), s.item("mug-rtm")
	if ams.Spec.Received != 260 || ams.Status.Available != 220 || rtm.Spec.Received != 21 || rtm.Status.Available != 21 {
		t.Errorf("after the move: %+v %+v, %+v %+v", ams.Spec, ams.Status, rtm.Spec, rtm.Status)
	}
	for _, wrong := range [][]string{{"move", "mug-ams", "221", "--to", "rotterdam"}, {"move", "mug-ams", "1", "--to", "utrecht"}} {
		s.want(plugin.Refused, wrong...)
	}
	for _, wrong := range [][]string{{"move", "mug-ams", "1"}, {"move", "mug-ams", "0", "--to", "rotterdam"}, {"move", "mug-ams", "1", "--to", "amsterdam"}} {
		s.want(plugin.Misused, wrong...)
	}

	golden(t, "suspend", s.want(plugin.Done, "suspend", "mug-ams", "mug-rtm").out)
	if r := s.want(plugin.Refused, "reserve", "mug=1"); !strings.Contains(r.err, "there are 0 of 1 mug") {
		t.Errorf("a suspended product: %s", r.err)
	}
	golden(t, "resume", s.want(plugin.Done, "resume", "mug-ams", "mug-rtm").out)
	s.want(plugin.Done, "reserve", "mug=1")
	s.want(plugin.Failed, "suspend", "nobody")
	s.Settle()
}

// The policies against commits that are taken back too far let everybody count, write off and move:
// what received is lowered to is said.
func TestStockWorkUnderPolicies(t *testing.T) {
	s := newShop(t).open()
	s.ProtectStock()
	s.Stock("mug-ams", "mug", "amsterdam", 100)
	s.Stock("mug-rtm", "mug", "rotterdam", 0)
	s.want(plugin.Done, "count", "mug-ams", "90")
	s.want(plugin.Done, "receive", "mug-ams", "--", "-5")
	s.want(plugin.Done, "move", "mug-ams", "20", "--to", "rotterdam")
	s.want(plugin.Done, "import", s.file("name,counted\nmug-ams,60\nmug-rtm,25\n"))
	if ams, rtm := s.item("mug-ams"), s.item("mug-rtm"); ams.Spec.Received != 60 || rtm.Spec.Received != 25 {
		t.Errorf("received is %d and %d", ams.Spec.Received, rtm.Spec.Received)
	}
	if err := s.TryReceive("mug-ams", 59); err == nil {
		t.Error("what was said once allows another total")
	}
	for range 3 { // the same step is named in other words each time
		s.want(plugin.Done, "receive", "mug-ams", "+10")
		if err := s.TryReceive("mug-ams", 60); err == nil {
			t.Error("what was said once takes a later delivery back")
		}
		s.want(plugin.Done, "receive", "mug-ams", "--", "-10")
	}
	s.Settle()
}

// Where another changes received while somebody counts, neither is lost: the one who counts
// is told. Sales in between do not disturb, and what is shipped after the count was given on
// is taken off it.
func TestCountBesideOthers(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug", "mug", "amsterdam", 100)
	s.want(plugin.Done, "reserve", "mug=10", "--name", "cart")
	between := s.between(func() { s.Receive("mug", 300) })
	if r := between.want(plugin.Failed, "count", "mug", "90"); !strings.Contains(r.err, "somebody else has changed it meanwhile") || !strings.Contains(r.err, "count again") {
		t.Errorf("it says %s", r.err)
	}
	if got := s.item("mug").Spec.Received; got != 300 {
		t.Errorf("received is %d: the delivery is lost", got)
	}
	between = s.between(func() { s.want(plugin.Done, "consume", "cart") })
	between.want(plugin.Done, "count", "mug", "295")
	if item := s.item("mug"); item.Spec.Received != 295 || item.Status.OnHand != 285 {
		t.Errorf("received %d, on hand %d: 10 of the 295 were shipped since", item.Spec.Received, item.Status.OnHand)
	}
	// Two deliveries at the same time both count.
	between = s.between(func() { s.want(plugin.Done, "receive", "mug", "+7") })
	between.want(plugin.Done, "receive", "mug", "+5")
	if got := s.item("mug").Spec.Received; got != 307 {
		t.Errorf("received is %d, want 307", got)
	}
}

// Who may not read the journal counts by the item's status, and is told that it may lag.
func TestCountByStatus(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug", "mug", "amsterdam", 100)
	s.want(plugin.Done, "reserve", "mug=10", "--name", "cart")
	s.want(plugin.Done, "consume", "cart")
	s.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Consumed == 10 })
	clerk := s.as("clerk", s.role("clerk", map[string][]string{"stockitems": {"get", "list", "watch", "patch"}}))
	if r := clerk.want(plugin.Done, "count", "mug", "80"); !strings.Contains(r.err, "may lag") {
		t.Errorf("it warns %q", r.err)
	}
	if got := s.item("mug").Spec.Received; got != 90 {
		t.Errorf("received is %d, want 90", got)
	}
	s.AwaitNextSecond(s.item("mug"))
	s.Declare("twin", "mug", "amsterdam", 3)
	s.AwaitItem("twin", func(i *v1.StockItem) bool { return testbed.ConditionIs(i, v1.ConditionReady, metav1.ConditionFalse) })
	if r := clerk.want(plugin.Failed, "count", "twin", "3"); !strings.Contains(r.err, "shows no figures") {
		t.Errorf("it says %q", r.err)
	}
}

// Where carts are faster than a move, the units are put back.
func TestMoveBesideCarts(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug-ams", "mug", "amsterdam", 10)
	s.Stock("mug-rtm", "mug", "rotterdam", 0)
	between := s.between(func() { s.want(plugin.Done, "reserve", "mug=8") })
	if r := between.want(plugin.Refused, "move", "mug-ams", "5", "--to", "rotterdam"); !strings.Contains(r.err, "carts have reserved 3") || !strings.Contains(r.err, "put back") {
		t.Errorf("it says %s", r.err)
	}
	if ams, rtm := s.item("mug-ams"), s.item("mug-rtm"); ams.Spec.Received != 10 || rtm.Spec.Received != 0 {
		t.Errorf("received is %d and %d", ams.Spec.Received, rtm.Spec.Received)
	}
	s.Settle()
}

// Units that cannot come to the other location are put back.
func TestMoveIsTakenBack(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug-ams", "mug", "amsterdam", 10)
	s.Stock("mug-rtm", "mug", "rotterdam", 0)
	failing := s.failing(func(method, path string, _ bool) bool {
		return method == "PATCH" && strings.HasSuffix(path, "/mug-rtm")
	})
	if r := failing.want(plugin.Failed, "move", "mug-ams", "5", "--to", "rotterdam"); !strings.Contains(r.err, "put back") {
		t.Errorf("it says %s", r.err)
	}
	if ams, rtm := s.item("mug-ams"), s.item("mug-rtm"); ams.Spec.Received != 10 || rtm.Spec.Received != 0 {
		t.Errorf("received is %d and %d", ams.Spec.Received, rtm.Spec.Received)
	}
}

// A part of a hold is shipped once somebody has carried that out, not because it once was held.
func TestPartsOfNobody(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug", "mug", "amsterdam", 5)
	s.want(plugin.Done, "reserve", "mug=2", "--name", "one")
	s.Operator.Kill()
	s.want(plugin.Undecided, "consume", "one", "--item", "mug=1", "--timeout", "1s")
}

// Who waits can be interrupted.
func TestInterrupted(t *testing.T) {
	s := newShop(t)
	s.Declare("mug", "mug", "amsterdam", 5)
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	if r := s.runWith(ctx, "reserve", "mug=1", "--timeout", "10m"); r.code == plugin.Done {
		t.Errorf("it ended with %d: %s", r.code, fmt.Sprint(r))
	}
}

// What is written from the command line stays under GitOps engines that take back what kubectl
// has written: all managers whose names begin so.
func TestFieldManager(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug", "mug", "amsterdam", 5)
	s.want(plugin.Done, "suspend", "mug")
	s.want(plugin.Done, "resume", "mug")
	s.want(plugin.Done, "reserve", "mug=2", "--name", "one")
	s.want(plugin.Done, "release", "one")
	managers := func(o client.Object) (all []string) {
		for _, e := range o.GetManagedFields() {
			if e.Subresource == "" {
				all = append(all, e.Manager)
			}
		}
		return all
	}
	var cart v1.Reservation
	s.Must(s.Client.Get(s.Context(), client.ObjectKey{Namespace: s.Namespace, Name: "one"}, &cart))
	if got := managers(s.item("mug")); !slices.Contains(got, "inventory") {
		t.Errorf("the fields of the item are those of %v", got)
	}
	if got := managers(&cart); !slices.Equal(got, []string{"inventory"}) {
		t.Errorf("the fields of the cart are those of %v", got)
	}
}
