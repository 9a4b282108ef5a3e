package controllers

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// What another process has said of audits stays where this one knows nothing: which request it
// has answered, and what it has found. One that does not lead says nothing at all.
func TestAuditsOfOtherProcessesStay(t *testing.T) {
	found := &v1.AuditDifference{Summary: "then"}
	status := func() *v1.StockLedgerStatus {
		return &v1.StockLedgerStatus{
			Audit:      &v1.AuditStatus{LastHandledRequest: "now", LastDifference: found, Differences: 3},
			Conditions: []metav1.Condition{{Type: v1.ConditionConsistent, Status: metav1.ConditionFalse, Reason: v1.ReasonFiguresDiffer}},
		}
	}
	facts := ledgerFacts{
		auditing: true, audited: true,
		consistent: metav1.Condition{Type: v1.ConditionConsistent, Status: metav1.ConditionTrue, Reason: v1.ReasonFiguresAgree},
	}
	s := status()
	facts.show(s, time.Now())
	if s.Audit.Differences != 3 || meta.IsStatusConditionTrue(s.Conditions, v1.ConditionConsistent) {
		t.Errorf("one that does not lead says %+v", s)
	}
	facts.leading = true
	facts.show(s, time.Now())
	if s.Audit.Differences != 0 || !meta.IsStatusConditionTrue(s.Conditions, v1.ConditionConsistent) {
		t.Errorf("one that leads does not say what it has found: %+v", s)
	}
	if s.Audit.LastHandledRequest != "now" || s.Audit.LastDifference != found {
		t.Errorf("what another one has said is lost: %+v", s.Audit)
	}
	s = status()
	facts.audit.LastHandledRequest, facts.audit.LastDifference = "later", &v1.AuditDifference{Summary: "later"}
	facts.show(s, time.Now())
	if s.Audit.LastHandledRequest != "later" || s.Audit.LastDifference.Summary != "later" {
		t.Errorf("what this one knows is not said: %+v", s.Audit)
	}
}
