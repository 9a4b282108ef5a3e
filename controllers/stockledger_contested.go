package controllers

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// contested is what is to be said of another deployment that leads here as well; ok is false
// where there is nothing to say, and never was. Both deployments say the same, so that they do
// not write over each other.
func (f *ledgerFacts) contested(said []metav1.Condition) (c metav1.Condition, ok bool) {
	if f.rival == "" {
		c = metav1.Condition{
			Type: v1.ConditionContested, Status: metav1.ConditionFalse, Reason: v1.ReasonOneDeploymentLeads, Message: "one deployment leads here",
		}
		return c, f.leading && meta.FindStatusCondition(said, v1.ConditionContested) != nil
	}
	both := []string{f.self, f.rival}
	slices.SortFunc(both, cmp.Compare)
	return metav1.Condition{
		Type: v1.ConditionContested, Status: metav1.ConditionTrue, Reason: v1.ReasonAnotherDeploymentLeads,
		Message: fmt.Sprintf("two deployments lead here by turns, %s and %s: what they decide is right, but each slows the other down. "+
			"Take this namespace from one of them, by its --namespaces, its --namespace-selector or the namespace's labels", both[0], both[1]),
	}, true
}
