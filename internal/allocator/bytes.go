package allocator

import v1 "github.com/acme/inventory-service/api/v1"

// MaxInFlightBytes bounds the holds and the fold in one ledger, measured as
// JSON. etcd takes objects up to 1.5 MiB, and a Reservation's status grows to
// more than its hold once it shows what was shipped.
const MaxInFlightBytes = 768 << 10

// holdBytes is an upper bound of a hold's size as JSON, which is a string of JSON.
func holdBytes(hold *v1.InFlightHold) int {
	const frame = 190
	return frame + len(hold.UID) + len(hold.Name) + allocationBytes(hold.Allocations)
}

func allocationBytes(allocations []v1.Allocation) int {
	const frame = 85
	size := 0
	for _, a := range allocations {
		size += frame + quotedBytes(a.ProductID) + quotedBytes(a.LocationID)
	}
	return size
}

// quotedBytes is the length of an id, which is printable ASCII, as JSON in a string of
// JSON.
func quotedBytes(id string) int {
	size := len(id)
	for _, c := range []byte(id) {
		switch c {
		case '"', '\\':
			size += 3
		case '<', '>', '&':
			size += len(`\\u003c`) - 1
		}
	}
	return size
}

// memberBytes bounds what a member adds to the fold: itself and its units.
func memberBytes(name string, takes []v1.Take) int {
	const frame, line = 150, 2 * 95
	size := frame + len(name)
	for _, t := range takes {
		size += line + 2*(quotedBytes(t.ProductID)+quotedBytes(t.LocationID))
	}
	return size
}

// fitting is as many of the takes as one member of a fold may have. What is left
// is asked for again, once the Reservation shows these.
func fitting(takes []v1.Take) []v1.Take {
	for len(takes) > 1 && memberBytes("", takes) > MaxInFlightBytes/2 {
		takes = takes[:len(takes)/2]
	}
	return takes
}
