package api

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// ruleCase is one write and what the API server is to say about it.
type ruleCase struct {
	change  change
	refused []refusal // none: it is accepted
}

// refusal is one complaint: the field it names and a part of its message.
type refusal struct{ field, message string }

func (r refusal) String() string { return r.field + ": " + r.message }

// refuse expects complaints about one field, in the order the API server makes
// them, and none about any other.
func refuse(field string, messages ...string) []refusal {
	var all []refusal
	for _, m := range messages {
		all = append(all, refusal{field, m})
	}
	return all
}

// notInteger expects the complaints about a number that does not fit the
// field's integer type.
func notInteger(field, format string) []refusal {
	return []refusal{{field, "must be of type " + format}, outOfFormat(field, format)}
}

// outOfFormat expects the API server's complaint about an integer too large for
// its type, which names the field in its text alone.
func outOfFormat(field, format string) refusal {
	return refusal{"<nil>", "must be of type integer with format " + format + " in " + field}
}

// checkCreates creates base with each case's change.
func checkCreates(t *testing.T, resource schema.GroupVersionResource, base *object, cases map[string]ruleCase) {
	t.Helper()
	namespace := newNamespace(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := client.Resource(resource).Namespace(namespace).
				Create(t.Context(), changed(base, c.change), metav1.CreateOptions{DryRun: dryRun})
			checkAnswer(t, err, c.refused)
		})
	}
}

// checkUpdates stores base and then updates it with each case's change, every
// time from the same stored object.
func checkUpdates(t *testing.T, resource schema.GroupVersionResource, base *object, cases map[string]ruleCase) {
	t.Helper()
	checkUpdatesAfter(t, resource, base, nil, cases)
}

// checkUpdatesAfter does the same after a first update of what it stored.
func checkUpdatesAfter(t *testing.T, resource schema.GroupVersionResource, base *object, first change, cases map[string]ruleCase) {
	t.Helper()
	objects := client.Resource(resource).Namespace(newNamespace(t))
	stored, err := objects.Create(t.Context(), base, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("creating the object to update: %v", err)
	}
	if first != nil {
		if stored, err = objects.Update(t.Context(), changed(stored, first), metav1.UpdateOptions{}); err != nil {
			t.Fatalf("making the first update: %v", err)
		}
	}
	checkUpdatesOf(t, objects, stored, cases)
}

// checkUpdatesOf updates a stored object with each case's change, and leaves it as
// it is.
func checkUpdatesOf(t *testing.T, objects dynamic.ResourceInterface, stored *object, cases map[string]ruleCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := objects.Update(t.Context(), changed(stored, c.change), metav1.UpdateOptions{DryRun: dryRun})
			checkAnswer(t, err, c.refused)
		})
	}
}

// checkAnswer compares an answer of the API server with the complaints wanted,
// all of them and no other. Their order is the API server's business.
func checkAnswer(t *testing.T, err error, want []refusal) {
	t.Helper()
	if len(want) == 0 {
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		return
	}
	if !apierrors.IsInvalid(err) {
		t.Fatalf("got %v, want it refused as invalid: %v", err, want)
	}
	got := complaints(err)
	open := slices.Clone(want)
	for _, g := range got {
		i := slices.IndexFunc(open, func(w refusal) bool { return g.field == w.field && strings.Contains(g.message, w.message) })
		if i >= 0 {
			open = slices.Delete(open, i, i+1)
		}
	}
	if len(got) != len(want) || len(open) > 0 {
		t.Errorf("complaints:\n  %s\nwant:\n  %s", lines(got), lines(want))
	}
}

// complaints are what the API server has against an object, less its note that
// rules were left unchecked.
func complaints(err error) []refusal {
	var status *apierrors.StatusError
	if !errors.As(err, &status) || status.ErrStatus.Details == nil {
		return nil
	}
	var got []refusal
	for _, cause := range status.ErrStatus.Details.Causes {
		if !strings.Contains(cause.Message, "some validation rules were not checked") {
			got = append(got, refusal{cause.Field, cause.Message})
		}
	}
	return got
}

func lines(refusals []refusal) string {
	texts := make([]string, len(refusals))
	for i, r := range refusals {
		texts[i] = fmt.Sprint(r)
	}
	return strings.Join(texts, "\n  ")
}
