package chaos

import (
	"encoding/json"
	"net/http"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// write is one meaning of an operator's writes. A crash at each has to be
// survived.
type write struct {
	name string
	at   testbed.Point
}

// writes are all writes that an operator makes, the more special ones first:
// a write means the first of them that it matches.
var writes = []write{
	{"creating the lease", testbed.CreateLease},
	{"taking or renewing the lease", testbed.RenewLease},
	{"creating the reservation", testbed.CreateReservation},
	{"forgetting the reservation", testbed.Forget},
	{"intending a release or a consume", testbed.Intend},
	{"creating the ledger", testbed.CreateLedger},
	{"taking over", testbed.TakeOver},
	{"opening the fold", testbed.OpenFold},
	{"deciding", testbed.Batch},
	{"settling", testbed.Settle},
	{"emptying the ledger", testbed.Emptied},
	{"noting a refusal of the sink", testbed.Undelivered},
	{"noting that the sink took it after all", testbed.Redelivered},
	{"touching a pending reservation", touchPending},
	{"touching a reserved reservation", touchReserved},
	{"refusing", testbed.Refuse},
	{"withdrawing", testbed.Withdraw},
	{"releasing", testbed.Free},
	{"showing the fold", testbed.ShowFold},
	{"giving a part back", testbed.FreePart},
	{"showing the fold of a part", testbed.ShowPart},
	{"committing", testbed.Commit},
	{"creating the tally", testbed.CreateTally},
	{"touching the tally", testbed.TouchTally},
	{"counting the fold", testbed.CountFold},
	{"writing shipped units behind", testbed.WriteShipped},
	{"writing held units behind", testbed.WriteBehind},
	{"showing the item", testbed.ShowItem},
	{"publishing", testbed.Publish},
}

// The two writes of a rebuild, given that no earlier rebuild left its fence.
var (
	touchPending = testbed.ReservationWrite(func(s *v1.ReservationStatus) bool {
		return s.Fence != "" && (s.Phase == v1.PhasePending || s.Phase == "")
	})
	touchReserved = testbed.ReservationWrite(func(s *v1.ReservationStatus) bool {
		return s.Fence != "" && s.Phase == v1.PhaseReserved
	})
)

// reader tells what an operator's writes mean. It has to read all of them.
type reader struct {
	// fences are those that objects carry: it is their change that makes a touch.
	fences map[types.UID]string
}

// meaning is what a write means, or "" if it is none of those known.
func (r *reader) meaning(w testbed.Write) string {
	touches := r.touches(w)
	for _, known := range writes {
		if strings.HasPrefix(known.name, "touching") && !touches {
			continue
		}
		if known.at.Is(w.Method, w.Resource, w.Body) {
			return known.name
		}
	}
	return ""
}

func (r *reader) touches(w testbed.Write) bool {
	var object struct {
		Metadata metav1.ObjectMeta
		Status   struct{ Fence string }
	}
	if w.Method != http.MethodPut || json.Unmarshal(w.Body, &object) != nil {
		return false
	}
	before := r.fences[object.Metadata.UID]
	r.fences[object.Metadata.UID] = object.Status.Fence
	return object.Status.Fence != before
}

// point is the point of a write.
func point(name string) testbed.Point {
	for _, known := range writes {
		if known.name == name {
			return known.at
		}
	}
	panic("there is no write called " + name)
}
