package controllers

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// askRepair passes on what the annotation of a StockLedger asks for, and returns what is
// wrong with it.
func askRepair(runner *allocator.Runner, ledger *v1.StockLedger) error {
	repair, err := journal.ParseRepair(ledger.Annotations[v1.RepairAnnotation])
	if err == nil {
		runner.Repair(repair)
	}
	return err
}

// logDamage says when a journal is damaged, and when it is whole again: whoever is on call may
// look at the log first.
func (v *ledgerView) logDamage(ctx context.Context, namespace string, runner *allocator.Runner) {
	var damage string
	runner.Read(func(_ *stock.State, l *journal.Log) {
		if d := l.Damage(); d != nil {
			damage = d.Message()
		}
	})
	if damage == v.damage {
		return
	}
	v.damage = damage
	logger := log.FromContext(ctx).WithValues("namespace", namespace)
	if damage == "" {
		logger.Info("the journal is whole again")
		return
	}
	logger.Info("the journal is damaged, and nothing is decided", "damage", damage)
}

// damaged is what is to be said of damage; ok is false where what is said already stays.
func (f *ledgerFacts) damaged(said []metav1.Condition) (c metav1.Condition, ok bool) {
	c = metav1.Condition{Type: v1.ConditionJournalDamaged}
	before := meta.FindStatusCondition(said, v1.ConditionJournalDamaged)
	if f.damage == nil {
		c.Status, c.Reason, c.Message = metav1.ConditionFalse, v1.ReasonIntact, "the journal is whole"
		return c, f.leading && before != nil
	}
	told := toldBy(before)
	mine, _ := journal.ParseRepair(f.damage.Request())
	if told != (journal.Repair{}) && told != mine && !f.damage.Beyond(told) {
		return c, false // another process knows more
	}
	c.Status, c.Reason = metav1.ConditionTrue, v1.ReasonDamaged
	c.Message = f.damage.Message() + f.repair()
	return c, true
}

// repair says what is wrong with a repair that somebody asks for.
func (f *ledgerFacts) repair() string {
	switch {
	case f.malformed != nil:
		return fmt.Sprintf(". The repair that is asked for is not begun: %s", f.malformed)
	case f.trouble != nil:
		return fmt.Sprintf(". What failed last: %s", f.trouble)
	default:
		return ""
	}
}

// toldDamage is the request for a repair that a StockLedger tells people to make; zero where
// it tells of no damage.
func toldDamage(ledger *v1.StockLedger) journal.Repair {
	return toldBy(meta.FindStatusCondition(ledger.Status.Conditions, v1.ConditionJournalDamaged))
}

func toldBy(c *metav1.Condition) journal.Repair {
	if c == nil || c.Status != metav1.ConditionTrue {
		return journal.Repair{}
	}
	_, text, _ := strings.Cut(c.Message, v1.RepairAnnotation+"=")
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil {
		return journal.Repair{}
	}
	text, _ = strconv.Unquote(quoted)
	told, _ := journal.ParseRepair(text)
	return told
}
