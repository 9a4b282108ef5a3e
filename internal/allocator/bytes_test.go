package allocator

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// printable is an id that the API takes, rich in what JSON escapes.
func printable(rng *rand.Rand, most int) string {
	const escaped = `"\<>&`
	id := make([]byte, 1+rng.IntN(most))
	for i := range id {
		id[i] = byte('!' + rng.IntN('~'-'!'+1))
		if rng.IntN(3) == 0 {
			id[i] = escaped[rng.IntN(len(escaped))]
		}
	}
	return string(id)
}

// What a hold is taken to need is never less than what it is as JSON, with the
// comma that parts it from the next, and not far more.
func TestHoldBytesIsAnUpperBound(t *testing.T) {
	first, last := uint64(1), uint64(2000)
	if seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		first, last = seed, seed
	}
	for seed := first; seed <= last; seed++ {
		rng := rand.New(rand.NewPCG(seed, 2))
		hold := v1.InFlightHold{
			UID: types.UID("0b5c3b1e-6a54-4f0e-9d0c-9c2b7d1f6a11"), Name: strings.Repeat("n", 1+rng.IntN(253)),
			ReservedAt: metav1.NewMicroTime(time.Date(2026, 12, 31, 23, 59, 59, 999_999_000, time.UTC)),
			ExpiresAt:  metav1.NewTime(time.Date(2027, 12, 31, 23, 59, 59, 0, time.UTC)),
		}
		for range rng.IntN(8) {
			hold.Allocations = append(hold.Allocations, v1.Allocation{
				LocationID: printable(rng, 63), ProductID: printable(rng, 128), Quantity: 1 + rng.Int64N(1_000_000_000_000_000),
			})
		}
		data, err := json.Marshal(hold)
		if err != nil {
			t.Fatal(err)
		}
		size, bound := len(data)+1, holdBytes(&hold)
		if bound < size {
			t.Fatalf("bound %d is below the real %d bytes of %s\nreplay with SEED=%d", bound, size, data, seed)
		}
		if bound > size+64+32*len(hold.Allocations) {
			t.Fatalf("bound %d is far above the real %d bytes of %s\nreplay with SEED=%d", bound, size, data, seed)
		}
	}
}

// wide is a product whose allocations are as large as they get.
var wide = strings.Repeat("&", 128)

// place is the location of the i-th of its items, which have a unit each.
func place(i int) string { return fmt.Sprintf("%04d", i) + strings.Repeat("<", 59) }

func (d *driver) crowd(items int) {
	for i := range items {
		d.do(ItemSeen{Version: uint64(i + 1), Item: ledger.Item{
			Key: ledger.Key{ProductID: wide, LocationID: place(i)}, UID: types.UID(fmt.Sprint("wide", i)), Declared: 1, Sellable: 1,
		}})
	}
}

func callWide(call uint64, uid types.UID, quantity int) ReserveCalled {
	e := call1(call, uid, int64(quantity))
	e.Lines[0].ProductID = wide
	return e
}

// The holds of one ledger stay within the cap. What does not fit waits until
// settled holds leave, in its turn: small carts do not overtake it for ever.
func TestBytesInFlightAreCapped(t *testing.T) {
	d := drive(t)
	const places = 400
	d.crowd(3 * places)
	d.do(d.stock(100))
	d.lead()
	write := only[WriteLedger](t, d.do(callWide(1, "first", places)))
	d.do(callWide(2, "second", places), call1(3, "third", 1), callWide(4, "fourth", places), call1(5, "fifth", 1))

	total := 0
	var order []string
	for version := uint64(13); len(order) < 5; version++ {
		size, err := json.Marshal(write.Status)
		if err != nil {
			t.Fatal(err)
		}
		total++
		if len(size) > MaxInFlightBytes+4096 {
			t.Fatalf("write %d has %d bytes", total, len(size))
		}
		effects := d.do(landedAt(write, version))
		for _, reply := range every[Reply](effects) {
			order = append(order, reply.Decision.Hold.Name)
		}
		if next := every[WriteLedger](effects); len(next) > 0 {
			write = next[0]
			continue
		}
		// Its Reservations are decided: their holds leave, others have room.
		for _, hold := range write.Status.InFlight {
			for _, effect := range d.do(seen(hold.UID, 1000+version, v1.PhaseReserved, 1)) {
				if next, ok := effect.(WriteLedger); ok {
					write = next
				}
			}
		}
	}
	if got := strings.Join(order, " "); got != "first second third fourth fifth" {
		t.Errorf("decided in the order %q after %d writes", got, total)
	}
	if total < 3 {
		t.Errorf("%d writes: the carts all fitted at once, which proves nothing", total)
	}
}

// A cart that could be served only from so many locations that its hold would
// never fit into a ledger is refused, and does not block those behind it.
func TestHoldTooLargeForAnyLedger(t *testing.T) {
	perPlace := allocationBytes([]v1.Allocation{{LocationID: place(0), ProductID: wide, Quantity: 1}})
	fitting := (MaxInFlightBytes - holdBytes(&v1.InFlightHold{UID: "a", Name: "a"})) / perPlace
	cases := map[string]struct {
		places  int
		refused bool
	}{
		"as large as fits":            {fitting, false},
		"one location more":           {fitting + 1, true},
		"far more locations than fit": {fitting * 3 / 2, true},
	}
	for label, tc := range cases {
		t.Run(label, func(t *testing.T) {
			d := drive(t)
			d.crowd(tc.places)
			d.lead()
			write := only[WriteLedger](t, d.do(callWide(1, "a", tc.places)))
			reply := every[Reply](d.do(landedAt(write, 13)))[0]
			if refused := reply.Decision.Short != nil; refused != tc.refused {
				t.Errorf("refused is %t with %d locations, want %t", refused, tc.places, tc.refused)
			}
		})
	}
}
