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

func TestRetention(t *testing.T) {
	complete := func(at time.Time) func(*v1.Reservation) {
		return func(r *v1.Reservation) {
			r.Status.Conditions = []metav1.Condition{{Type: "Complete", Status: "True", LastTransitionTime: metav1.NewTime(at)}}
		}
	}
	deleting := func(r *v1.Reservation) {
		complete(now.Add(-2 * time.Hour))(r)
		r.DeletionTimestamp = &metav1.Time{Time: now}
	}
	resource := schema.GroupResource{Group: v1.GroupVersion.Group, Resource: "reservations"}
	conflict := apierrors.NewConflict(resource, "r", errors.New("modified"))
	cases := map[string]struct {
		change      func(*v1.Reservation)
		undelivered bool
		// answer is the API server's to the deletion.
		answer  error
		again   time.Duration
		deleted bool
		wantErr error
	}{
		"not complete":          {change: func(*v1.Reservation) {}},
		"complete just now":     {change: complete(now), again: time.Hour},
		"almost due":            {change: complete(now.Add(-59 * time.Minute)), again: time.Minute},
		"due":                   {change: complete(now.Add(-time.Hour)), deleted: true},
		"due, not delivered":    {change: complete(now.Add(-time.Hour)), undelivered: true, again: undeliveredRetry},
		"early, not delivered":  {change: complete(now.Add(-59 * time.Minute)), undelivered: true, again: time.Minute},
		"being deleted already": {change: deleting},
		"gone already":          {change: complete(now.Add(-time.Hour)), deleted: true, answer: apierrors.NewNotFound(resource, "r")},
		"changed meanwhile":     {change: complete(now.Add(-time.Hour)), deleted: true, answer: conflict, wantErr: conflict},
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
			tc.change(r)
			retention := Retention{
				After: time.Hour, Delivered: func(*v1.Reservation) bool { return !tc.undelivered },
				Clock: clocktesting.NewFakePassiveClock(now),
			}
			result, err := retention.advance(t.Context(), c, r)
			if !errors.Is(err, tc.wantErr) || apierrors.IsConflict(err) != (tc.wantErr != nil) {
				t.Errorf("error is %v, want %v", err, tc.wantErr)
			}
			if result.RequeueAfter != tc.again || deleted != tc.deleted {
				t.Errorf("comes back after %s, deleted %t: want %s, %t", result.RequeueAfter, deleted, tc.again, tc.deleted)
			}
		})
	}
}
