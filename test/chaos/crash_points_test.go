package chaos

import (
	"github.com/acme/inventory-service/test/testbed"
)

// write is one meaning of an operator's writes. A crash at each has to be
// survived.
type write struct {
	name string
	at   testbed.Point
}

// writes are all writes that an operator makes, the more special ones first:
// a write means the first of them that it matches. Those of pages that are full,
// written over or restated have suites of their own: they take a long journal.
var writes = []write{
	{"creating the lease", testbed.CreateLease},
	{"taking or renewing the lease", testbed.RenewLease},
	{"creating a page", testbed.CreatePage},
	{"creating the ledger", testbed.CreateLedger},
	{"naming the journal", testbed.NameLedger},
	{"founding", testbed.FirstTerm},
	{"taking over", testbed.Term},
	{"reserving", testbed.Decide},
	{"refusing", testbed.Refuse},
	{"releasing", testbed.Free},
	{"giving a part back", testbed.FreePart},
	{"shipping", testbed.Ship},
	{"shipping a part", testbed.ShipPart},
	{"naming the order", testbed.NameOrder},
	{"taking an item in", testbed.TakeIn},
	{"dropping an item", testbed.DropItem},
	{"noting the object", testbed.NoteObject},
	{"noting what was delivered", testbed.NoteNothing},
	{"creating the reservation", testbed.CreateReservation},
	{"forgetting the reservation", testbed.Forget},
	{"noting a refusal of the sink", testbed.Undelivered},
	{"noting that the sink took it after all", testbed.Redelivered},
	{"withdrawing", testbed.Withdraw},
	{"showing the hold", testbed.ShowReserved},
	{"showing a part", testbed.ShowPart},
	{"showing the refusal", testbed.ShowRefused},
	{"showing the release", testbed.ShowReleased},
	{"showing what was shipped", testbed.ShowConsumed},
	{"showing the item", testbed.ShowItem},
	{"showing shipped units", testbed.ShowShipped},
	{"showing held units", testbed.ShowHeld},
	{"showing the ledger", testbed.ShowLedger},
	{"publishing", testbed.Publish},
}

// meaning is what a write means, or "" if it is none of those known.
func meaning(w testbed.Write) string {
	for _, known := range writes {
		if known.at.Is(w) {
			return known.name
		}
	}
	return ""
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
