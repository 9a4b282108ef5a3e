package node

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// writeStatus says how many Pods of a workload there are, and how many are ready.
func (n *Node) writeStatus(ctx context.Context, w *workload, all, ready int32) error {
	switch o := w.object.(type) {
	case *appsv1.Deployment:
		status := appsv1.DeploymentStatus{
			ObservedGeneration: o.Generation, Replicas: all, UpdatedReplicas: all,
			ReadyReplicas: ready, AvailableReplicas: ready, UnavailableReplicas: all - ready,
			Conditions: []appsv1.DeploymentCondition{{
				Type: appsv1.DeploymentAvailable, Status: corev1.ConditionFalse, Reason: "MinimumReplicasUnavailable",
				LastUpdateTime: metav1.Now(), LastTransitionTime: metav1.Now(),
			}},
		}
		if int(ready) >= w.replicas {
			status.Conditions[0].Status, status.Conditions[0].Reason = corev1.ConditionTrue, "MinimumReplicasAvailable"
		}
		if len(o.Status.Conditions) == 1 && o.Status.Conditions[0].Status == status.Conditions[0].Status {
			status.Conditions[0] = o.Status.Conditions[0]
		}
		if equality.Semantic.DeepEqual(o.Status, status) {
			return nil
		}
		o = o.DeepCopy()
		o.Status = status
		_, err := n.client.AppsV1().Deployments(o.Namespace).UpdateStatus(ctx, o, metav1.UpdateOptions{})
		return err
	case *appsv1.StatefulSet:
		status := appsv1.StatefulSetStatus{
			ObservedGeneration: o.Generation, Replicas: all, ReadyReplicas: ready, CurrentReplicas: all,
			UpdatedReplicas: all, AvailableReplicas: ready,
		}
		if equality.Semantic.DeepEqual(o.Status, status) {
			return nil
		}
		o = o.DeepCopy()
		o.Status = status
		_, err := n.client.AppsV1().StatefulSets(o.Namespace).UpdateStatus(ctx, o, metav1.UpdateOptions{})
		return err
	}
	return fmt.Errorf("%s has no status", w.key())
}

// aggregateRoles fills in the rules of aggregated ClusterRoles.
func (n *Node) aggregateRoles(ctx context.Context) error {
	objects, err := n.clusterRoles.List(labels.Everything())
	if err != nil {
		return err
	}
	for _, o := range objects {
		role := o.(*rbacv1.ClusterRole)
		if role.AggregationRule == nil {
			continue
		}
		rules, err := n.aggregated(role)
		if err != nil {
			return err
		}
		if equality.Semantic.DeepEqual(role.Rules, rules) {
			continue
		}
		role = role.DeepCopy()
		role.Rules = rules
		if _, err := n.client.RbacV1().ClusterRoles().Update(ctx, role, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	return nil
}

func (n *Node) aggregated(role *rbacv1.ClusterRole) ([]rbacv1.PolicyRule, error) {
	var rules []rbacv1.PolicyRule
	for i := range role.AggregationRule.ClusterRoleSelectors {
		selector, err := metav1.LabelSelectorAsSelector(&role.AggregationRule.ClusterRoleSelectors[i])
		if err != nil {
			return nil, err
		}
		objects, err := n.clusterRoles.List(selector)
		if err != nil {
			return nil, err
		}
		for _, o := range objects {
			if o.(*rbacv1.ClusterRole).Name == role.Name {
				continue
			}
			for _, rule := range o.(*rbacv1.ClusterRole).Rules {
				if !containsRule(rules, rule) {
					rules = append(rules, rule)
				}
			}
		}
	}
	sortRules(rules)
	return rules, nil
}

func containsRule(rules []rbacv1.PolicyRule, rule rbacv1.PolicyRule) bool {
	return slices.ContainsFunc(rules, func(r rbacv1.PolicyRule) bool { return equality.Semantic.DeepEqual(r, rule) })
}

// sortRules gives rules one order, whatever order the roles were listed in.
func sortRules(rules []rbacv1.PolicyRule) {
	slices.SortFunc(rules, func(a, b rbacv1.PolicyRule) int { return strings.Compare(a.String(), b.String()) })
}
