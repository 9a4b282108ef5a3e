package recovery

import (
	"os"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin"
	"github.com/acme/inventory-service/internal/restore"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/testbed"
)

// shop sells: of 10 mugs 3 are shipped, 2 held by a command and 1 by an object.
func (p *place) shop() (held *testbed.Told, refused *testbed.Told) {
	o := p.Operate("--leader-elect=false")
	p.operator = o
	p.Stock("mug", "mug", "ams", 10)
	shipped := p.Ask(testbed.Reserve("shipped", testbed.PlainHTTP, testbed.Item("mug", 3)), o)
	p.Ask(testbed.Consume("c", testbed.PlainHTTP, shipped.Reservation), o)
	held = p.Ask(testbed.Reserve("held", testbed.PlainHTTP, testbed.Item("mug", 2)), o)
	refused = p.Ask(testbed.Reserve("refused", testbed.PlainHTTP, testbed.Item("mug", 99)), o)
	p.Reservation("by-hand", testbed.Line("mug", 1))
	p.AwaitPhase("by-hand", v1.PhaseReserved)
	return held, refused
}

// A fresh cluster with the same Git sells nothing before the restore, through a restart, and
// afterwards what is left and no more; repetitions find what they were told in the old one.
func TestClusterLost(t *testing.T) {
	old, fresh := two(t)
	held, refused := old.shop()
	file := old.export(t)

	fresh.awaitRestore("true")
	o := fresh.Operate("--leader-elect=false")
	fresh.Declare("mug", "mug", "ams", 10)
	fresh.Reservation("by-hand", testbed.Line("mug", 1)) // Git has it too
	fresh.awaitReason(v1.ConditionLedgerReady, v1.ReasonAwaitingRestore)
	for _, page := range fresh.Pages() {
		if page.Header.Format < stock.FormatOf(stock.RestoreRecord{Stage: stock.RestoreAwaited}) && len(page.Records) > 0 {
			t.Errorf("page %d, of format %d, says that a restore is awaited: an earlier version takes that for damage", page.Number, page.Header.Format)
		}
	}
	if text := fresh.awaitReason(v1.ConditionRestored, v1.ReasonAwaitingRestore); !strings.Contains(text, "kubectl inventory restore") {
		t.Errorf("what is to be done: %s", text)
	}
	fresh.AwaitItem("mug", func(i *v1.StockItem) bool {
		c := meta.FindStatusCondition(i.Status.Conditions, v1.ConditionInStock)
		return c != nil && c.Reason == v1.ReasonAwaitingRestore && i.Status.Available == 0
	})
	fresh.AwaitReservation("by-hand", func(r *v1.Reservation) bool {
		c := meta.FindStatusCondition(r.Status.Conditions, v1.ConditionReserved)
		return c != nil && c.Reason == v1.ReasonAwaitingRestore
	})
	fresh.refusesToSell(o, "held")
	o.Kill()
	o = fresh.Operate("--leader-elect=false")
	fresh.refusesToSell(o, "new")

	fresh.plugin(plugin.Done, "restore", file, "--dry-run")
	fresh.refusesToSell(o, "new")
	if out := fresh.plugin(plugin.Done, "restore", file); !strings.Contains(out, "from 1 places, 2 holds and 2 reservations that are over") {
		t.Errorf("restored: %s", out)
	}
	fresh.awaitReason(v1.ConditionLedgerReady, v1.ReasonLeading)
	fresh.AwaitPhase("by-hand", v1.PhaseReserved)
	fresh.AwaitItem("mug", func(i *v1.StockItem) bool {
		return i.Status.Consumed == 3 && i.Status.Reserved == 3 && i.Status.Available == 4
	})
	if left := fresh.configMaps(); len(left) > 0 {
		t.Errorf("%d ConfigMaps are left", len(left))
	}
	for command, told := range map[string]*testbed.Told{"held": held, "refused": refused} {
		items := map[string]int64{"held": 2, "refused": 99}
		if again := fresh.Ask(testbed.Reserve(command, testbed.PlainHTTP, testbed.Item("mug", items[command])), o); again.Reservation != told.Reservation || again.Refused != told.Refused {
			t.Errorf("%s is told %+v, and was told %+v", command, again, told)
		}
	}
	if told := fresh.Ask(testbed.Reserve("too-many", testbed.PlainHTTP, testbed.Item("mug", 5)), o); !told.Refused {
		t.Errorf("5 of 4 are sold: %+v", told)
	}
	fresh.plugin(plugin.Done, "verify")

	// The same again, a sale later and by whoever leads then, changes nothing.
	fresh.Ask(testbed.Consume("later", testbed.PlainHTTP, held.Reservation), o)
	o.Kill()
	o = fresh.Operate("--leader-elect=false")
	fresh.plugin(plugin.Done, "restore", file)
	fresh.AwaitItem("mug", func(i *v1.StockItem) bool {
		return i.Status.Consumed == 5 && i.Status.Reserved == 1 && i.Status.Available == 4
	})

	// The annotation holds nothing back any more.
	if told := fresh.Ask(testbed.Reserve("one-more", testbed.PlainHTTP, testbed.Item("mug", 4)), o); told.Refused {
		t.Errorf("what is left is not sold: %+v", told)
	}
	fresh.plugin(plugin.Done, "verify")
}

// A journal that has shipped by itself takes nothing in, and says what differs.
func TestRestoreRefused(t *testing.T) {
	old := placeOf(testbed.NewWorld(t), t)
	other := placeOf(testbed.NewWorld(t), t)
	old.shop()
	other.shop()
	file := old.export(t)
	if out := other.plugin(plugin.Refused, "restore", file, "--dry-run"); !strings.Contains(out, "3 units were shipped here and 3 in the file") {
		t.Errorf("dry run: %s", out)
	}
	if len(other.configMaps()) > 0 {
		t.Error("a dry run writes ConfigMaps")
	}
	if out := other.plugin(plugin.Refused, "restore", file); !strings.Contains(out, "3 units were shipped here and 3 in the file") {
		t.Errorf("refused: %s", out)
	}
	other.awaitReason(v1.ConditionRestored, v1.ReasonRestoreRefused)
	other.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Consumed == 3 && i.Status.Reserved == 3 })
	text, err := os.ReadFile(file)
	other.Must(err)
	other.Must(os.WriteFile(file, []byte(strings.Replace(string(text), "consumed: 3", "consumed: 2", 1)), 0o600))
	if out := other.plugin(plugin.Misused, "restore", file); !strings.Contains(out, "edited") {
		t.Errorf("an edited file: %s", out)
	}
}

// Without the annotation the wait ends; more that was shipped than received is never sold.
func TestWaivedAndOversold(t *testing.T) {
	p := placeOf(testbed.NewWorld(t), t)
	p.awaitRestore("true")
	o := p.Operate("--leader-elect=false")
	p.Declare("mug", "mug", "ams", 10)
	p.awaitReason(v1.ConditionRestored, v1.ReasonAwaitingRestore)
	p.refusesToSell(o, "early")
	p.awaitRestore(nil)
	p.awaitReason(v1.ConditionRestored, v1.ReasonRestoreWaived)
	if told := p.Ask(testbed.Reserve("early", testbed.PlainHTTP, testbed.Item("mug", 9)), o); told.Refused {
		t.Errorf("it is told %+v", told)
	}

	old := placeOf(testbed.NewWorld(t), t)
	old.shop()
	file := old.export(t)
	less := placeOf(testbed.NewWorld(t), t)
	less.awaitRestore("true")
	o = less.Operate("--leader-elect=false")
	less.Declare("mug", "mug", "ams", 2)
	less.plugin(plugin.Done, "restore", file)
	less.AwaitItem("mug", func(i *v1.StockItem) bool {
		return meta.IsStatusConditionTrue(i.Status.Conditions, v1.ConditionOversold) && i.Status.Shortfall == 4 && i.Status.OnHand == 0 && i.Status.Available == 0
	})
	if told := less.Ask(testbed.Reserve("one", testbed.PlainHTTP, testbed.Item("mug", 1)), o); !told.Refused {
		t.Errorf("one of none is sold: %+v", told)
	}
	less.plugin(plugin.Done, "verify")
}

// ConfigMaps of which some are missing, or that were edited, bring nothing, and carts wait on.
func TestRestoreIncomplete(t *testing.T) {
	old := placeOf(testbed.NewWorld(t), t)
	old.shop()
	file := old.export(t)
	shipped := old.read(file)

	p := placeOf(testbed.NewWorld(t), t)
	p.awaitRestore("true")
	o := p.Operate("--leader-elect=false")
	p.Declare("mug", "mug", "ams", 10)
	p.awaitReason(v1.ConditionRestored, v1.ReasonAwaitingRestore)
	parts, err := shipped.Parts(p.Namespace)
	p.Must(err)
	part := parts[0]
	part.Data["parts"] = "2"
	_, err = p.clients.CoreV1().ConfigMaps(p.Namespace).Create(t.Context(), part, metav1.CreateOptions{})
	p.Must(err)
	p.askRestore(shipped.Digest + "/1")
	if text := p.awaitReason(v1.ConditionRestored, v1.ReasonRestoreIncomplete); !strings.Contains(text, restore.PartName(1)) {
		t.Errorf("what is missing: %s", text)
	}
	p.refusesToSell(o, "half")
	part.Data["parts"] = "1"
	part.BinaryData["facts"][9]++
	_, err = p.clients.CoreV1().ConfigMaps(p.Namespace).Update(t.Context(), part, metav1.UpdateOptions{})
	p.Must(err)
	p.awaitReason(v1.ConditionRestored, v1.ReasonRestoreRefused)
	p.refusesToSell(o, "edited")
	p.plugin(plugin.Done, "restore", file)
	p.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Consumed == 3 && i.Status.Reserved == 3 })
}
