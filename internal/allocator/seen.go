package allocator

import (
	"slices"
	"strconv"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// reservationSeen is for a Reservation that may change afterwards: its client decodes
// the next answer into the same memory.
func reservationSeen(r *v1.Reservation) ReservationSeen {
	seen := reservationCached(r)
	seen.Allocations = slices.Clone(seen.Allocations)
	return seen
}

// reservationCached is for a Reservation that nobody changes, with which the
// allocations are shared.
func reservationCached(r *v1.Reservation) ReservationSeen {
	phase := r.CurrentPhase()
	return ReservationSeen{
		UID:         r.UID,
		Version:     versionOf(r.ResourceVersion),
		Phase:       phase,
		Allocations: r.Status.Allocations,
		FoldID:      r.Status.FoldID,
	}
}

// tallySeen is false for a StockTally that this operator did not make.
func tallySeen(t *v1.StockTally) (TallySeen, bool) {
	shard, ok := shardOf(t.Name)
	return TallySeen{
		Shard: shard, Version: versionOf(t.ResourceVersion),
		LastFold: t.Status.LastFold, Entries: t.Status.Entries,
	}, ok
}

func shardOf(name string) (int32, bool) {
	for shard := range int32(v1.MaxTallies) {
		if v1.TallyName(shard) == name {
			return shard, true
		}
	}
	return 0, false
}

func itemSeen(item *v1.StockItem) ItemSeen {
	return ItemSeen{
		Version: versionOf(item.ResourceVersion),
		Item: ledger.Item{
			Key:         ledger.Key{ProductID: item.Spec.ProductID, LocationID: item.Spec.LocationID},
			UID:         item.UID,
			Name:        item.Name,
			CreatedAt:   item.CreationTimestamp.Time,
			Declared:    item.Spec.Received,
			Sellable:    sellable(item),
			SafetyStock: item.Spec.SafetyStock,
			Suspended:   item.Spec.Suspended,
			Priority:    item.Spec.Priority,
		},
	}
}

// sellable is how many received units may be promised: never more than the
// operator shows. A raise of received binds from the moment observedGeneration
// shows it, a cut at once.
func sellable(item *v1.StockItem) int64 {
	if item.Status.ObservedGeneration == item.Generation {
		return item.Spec.Received
	}
	shown := item.Status.OnHand + item.Status.Consumed
	return min(item.Spec.Received, shown)
}

// versionOf is a resourceVersion as a number. Versions of one kind compare;
// what is not a number is older than everything.
func versionOf(resourceVersion string) uint64 {
	version, err := strconv.ParseUint(resourceVersion, 10, 64)
	if err != nil {
		return 0
	}
	return version
}

func formatVersion(version uint64) string { return strconv.FormatUint(version, 10) }
