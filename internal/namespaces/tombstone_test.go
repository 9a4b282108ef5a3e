package namespaces

import (
	"fmt"
	"testing"
	"time"
)

// However many Namespaces go, those that have gone lately are remembered, and no others.
func TestTombstonesAreForgotten(t *testing.T) {
	all, now := tombstones{}, time.Now()
	for n := range 1000 {
		now = now.Add(time.Minute)
		gone := Kind()
		gone.Name = fmt.Sprint("shop-", n)
		all.add(gone, now)
		if most := int(tombstoneFor / time.Minute); len(all) > most || !all.has(gone.Name, now) || all.has(gone.Name, now.Add(tombstoneFor)) {
			t.Fatalf("%d of them are remembered, want %d at most, the last one among them for %s", len(all), most, tombstoneFor)
		}
	}
}
