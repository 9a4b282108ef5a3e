package allocator

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	v1 "github.com/acme/inventory-service/api/v1"
)

// writing is a shard whose client's status updates are done by answer: none of
// these answers can be provoked from a real API server at will.
func writing(t *testing.T, answer func(l *v1.StockLedger) error) *shard {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c := interceptor.NewClient(fake.NewClientBuilder().WithScheme(scheme).Build(), interceptor.Funcs{
		SubResourceUpdate: func(_ context.Context, _ client.Client, _ string, o client.Object, _ ...client.SubResourceUpdateOption) error {
			return answer(o.(*v1.StockLedger))
		},
	})
	return newShard(New(Options{Client: c, Name: "test", Clock: clock.RealClock{}}), "shop")
}

// The write is one compare-and-swap on what the effect names. The API client
// empties the object it was given and decodes the answer into it, while the
// State goes on reading what it keeps of the write.
func TestWriteLedger(t *testing.T) {
	d := resting(t, 10)
	write := only[WriteLedger](t, d.do(call1(1, "a", 4)))
	before := write.Status.DeepCopy()
	s := writing(t, func(l *v1.StockLedger) error {
		if l.UID != ledgerUID || l.ResourceVersion != "12" || l.Namespace != "shop" || l.Name != "default" {
			t.Errorf("writes %s/%s uid %s over version %s", l.Namespace, l.Name, l.UID, l.ResourceVersion)
		}
		if diff := cmp.Diff(*before, l.Status); diff != "" {
			t.Errorf("status sent (-want +got):\n%s", diff)
		}
		*l = v1.StockLedger{}
		l.ResourceVersion = "13"
		return nil
	})
	want := LedgerWritten{Term: write.Term, Token: before.Token, Result: Landed, Version: 13}
	if diff := cmp.Diff(Event(want), s.writeLedger(t.Context(), write)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(*before, write.Status); diff != "" {
		t.Errorf("what the State keeps changed (-want +got):\n%s", diff)
	}
}

func TestWriteLedgerTellsWhatItKnows(t *testing.T) {
	resource := schema.GroupResource{Group: v1.GroupVersion.Group, Resource: "stockledgers"}
	cases := map[string]struct {
		err  error
		want WriteResult
	}{
		"success":           {nil, Landed},
		"conflict":          {apierrors.NewConflict(resource, "default", errors.New("modified")), Refused},
		"no such ledger":    {apierrors.NewNotFound(resource, "default"), Refused},
		"server's time-out": {apierrors.NewTimeoutError("etcd", 1), Unknown},
		"overload":          {apierrors.NewTooManyRequests("later", 1), Unknown},
		"internal error":    {apierrors.NewInternalError(errors.New("etcd")), Unknown},
		"connection lost":   {errors.New("EOF"), Unknown},
		"client's time-out": {context.DeadlineExceeded, Unknown},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := writing(t, func(*v1.StockLedger) error { return tc.err })
			got := s.writeLedger(t.Context(), WriteLedger{Term: 3, Status: v1.StockLedgerStatus{Token: "x"}})
			if answer, ok := got.(LedgerWritten); !ok || answer.Result != tc.want || answer.Token != "x" || answer.Term != 3 {
				t.Errorf("answer is %+v, want %s", got, tc.want)
			}
		})
	}
}
