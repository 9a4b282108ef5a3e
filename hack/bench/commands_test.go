package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// A command whose outcome takes longer is repeated under the same id; any other refusal
// is an error at once.
func TestCommandsRepeat(t *testing.T) {
	answers := []int{http.StatusServiceUnavailable, http.StatusServiceUnavailable, http.StatusOK, http.StatusInternalServerError}
	var ids []string
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Ce-Type", events.TypeReserved)
		rw.WriteHeader(answers[len(ids)])
		ids = append(ids, r.Header.Get("Ce-Id"))
		_, _ = rw.Write([]byte(`{"reservationId":"r"}`))
	}))
	defer server.Close()
	c := newCommands()
	c.url = server.URL
	items := []v1.ReservationItem{{ProductID: product(0), Quantity: 1}}
	if name, reserved, err := c.reserve(t.Context(), "1", items); err != nil || name != "r" || !reserved {
		t.Errorf("%s, %v, %v: want r, reserved", name, reserved, err)
	}
	if _, _, err := c.reserve(t.Context(), "2", items); err == nil {
		t.Error("a failure is no error")
	}
	if diff := cmp.Diff([]string{"1", "1", "1", "2"}, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
}
