package controllers

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// eventsBy names who records Events.
const eventsBy = "inventory-operator"

// maxNote is how many bytes the API server takes as the note of an Event.
const maxNote = 1024

// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// A happening says what happened to an object. Only what changes is told, and nothing of each
// cart. The same said of the same object again is counted by a series of the first one, which
// is written once more and then every six minutes, however often it is said.
type happening struct {
	// kind is Normal or Warning.
	kind, reason, action, note string
}

func warning(reason, action, note string) happening {
	return happening{corev1.EventTypeWarning, reason, action, note}
}

func normal(reason, action, note string) happening {
	return happening{corev1.EventTypeNormal, reason, action, note}
}

// record records Events about an object. It does not wait until they are stored: the status of
// the object says as much.
func record(to events.EventRecorder, about client.Object, all ...happening) {
	if len(all) == 0 {
		return
	}
	// Otherwise a series would count what is said of one version alone.
	regarding := about.DeepCopyObject().(client.Object)
	regarding.SetResourceVersion("")
	for _, e := range all {
		to.Eventf(regarding, nil, e.kind, e.reason, e.action, "%s", strings.ToValidUTF8(e.note[:min(len(e.note), maxNote)], ""))
	}
}

// began tells whether a condition has come to have a status that it had not, and what it says.
func began(kind string, status metav1.ConditionStatus, before, now []metav1.Condition) (c metav1.Condition, has bool) {
	if found := meta.FindStatusCondition(now, kind); found != nil && found.Status == status {
		return *found, !meta.IsStatusConditionPresentAndEqual(before, kind, status)
	}
	return c, false
}

// reasonOf is the reason of a condition, empty where there is no such condition.
func reasonOf(kind string, conditions []metav1.Condition) string {
	if c := meta.FindStatusCondition(conditions, kind); c != nil {
		return c.Reason
	}
	return ""
}
