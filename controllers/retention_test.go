package controllers

import (
	"context"
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	v1 "github.com/acme/inventory-service/api/v1"
)

func TestRetentionDue(t *testing.T) {
	complete := func(at time.Time) *v1.Reservation {
		r := &v1.Reservation{}
		r.Status.Conditions = []metav1.Condition{{Type: "Complete", Status: "True", LastTransitionTime: metav1.NewTime(at)}}
		return r
	}
	deleting := complete(now.Add(-2 * time.Hour))
	deleting.DeletionTimestamp = &metav1.Time{Time: now}
	cases := map[string]struct {
		of          *v1.Reservation
		undelivered bool
		after       time.Duration
		known       bool
	}{
		"not complete":          {of: &v1.Reservation{}},
		"complete just now":     {of: complete(now), after: time.Hour, known: true},
		"almost due":            {of: complete(now.Add(-59 * time.Minute)), after: time.Minute, known: true},
		"due":                   {of: complete(now.Add(-time.Hour)), known: true},
		"due, not delivered":    {of: complete(now.Add(-time.Hour)), undelivered: true},
		"early, not delivered":  {of: complete(now.Add(-59 * time.Minute)), undelivered: true, after: time.Minute, known: true},
		"being deleted already": {of: deleting},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			retention := Retention{
				After: time.Hour, Delivered: func(*v1.Reservation) bool { return !tc.undelivered },
				Clock: clocktesting.NewFakePassiveClock(now),
			}
			if after, known := retention.due(tc.of); after != tc.after || known != tc.known {
				t.Errorf("due after %s, known %t: want %s, %t", after, known, tc.after, tc.known)
			}
		})
	}
}

func TestRemove(t *testing.T) {
	resource := schema.GroupResource{Group: v1.GroupVersion.Group, Resource: "reservations"}
	conflict := apierrors.NewConflict(resource, "r", errors.New("modified"))
	cases := map[string]struct {
		// answer is the API server's to the deletion.
		answer  error
		wantErr error
	}{
		"there":             {},
		"gone already":      {answer: apierrors.NewNotFound(resource, "r")},
		"changed meanwhile": {answer: conflict, wantErr: conflict},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			deleted := false
			c := interceptor.NewClient(fake.NewClientBuilder().WithScheme(scheme(t)).Build(), interceptor.Funcs{
				Delete: func(_ context.Context, _ client.WithWatch, _ client.Object, options ...client.DeleteOption) error {
					deleted = true
					given := (&client.DeleteOptions{}).ApplyOptions(options)
					if p := given.Preconditions; p == nil || *p.UID != "uid" || *p.ResourceVersion != "17" {
						t.Errorf("deletes on %+v, want this version of this uid alone", p)
					}
					return tc.answer
				},
			})
			r := &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "r", UID: "uid", ResourceVersion: "17"}}
			if err := remove(t.Context(), c, r); !errors.Is(err, tc.wantErr) || apierrors.IsConflict(err) != (tc.wantErr != nil) {
				t.Errorf("error is %v, want %v", err, tc.wantErr)
			}
			if !deleted {
				t.Error("nothing was deleted")
			}
		})
	}
}
