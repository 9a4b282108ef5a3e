package v1_test

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/acme/inventory-service/api/v1"
)

// repack writes the entries of a journal as the operator does. They are strings to
// everybody else, and no other client has a reason to write them.
func repack(stored map[string]any) {
	repackEach[v1.InFlightHold](stored, "status", "inFlight")
	repackEach[v1.FoldedReservation](stored, "status", "openFold", "reservations")
}

func repackEach[T any](stored map[string]any, path ...string) {
	entries, ok, err := unstructured.NestedStringSlice(stored, path...)
	if !ok || err != nil {
		return
	}
	for i := range entries {
		var entry T
		through(entries[i], &entry)
		through(entry, &entries[i])
	}
	if err := unstructured.SetNestedStringSlice(stored, entries, path...); err != nil {
		panic(err)
	}
}

// through reads what is written of from into another value.
func through(from, into any) {
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		panic(err)
	}
}
