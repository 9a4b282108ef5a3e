package allocator

import "testing"

// A take-over that the watch shows before the answer to an older write comes is
// noticed with that answer: an idle leader has no other way to learn of it, and
// what is in flight would stay there until the next cart.
func TestTakeOverShownBeforeTheAnswer(t *testing.T) {
	d := drive(t)
	d.lead()
	write := only[WriteLedger](t, d.do(d.stock(1), call1(1, "cart", 1)))
	d.do(LedgerSeen{UID: ledgerUID, Version: 14, Token: "other/8"})
	effects := d.do(landedAt(write, 13))
	if reply := only[Reply](t, effects); reply.Decision.Hold == nil {
		t.Errorf("the cart got %+v: what landed before the take-over was decided", reply.Decision)
	}
	only[ReadLedger](t, effects)
	if d.Leading() {
		t.Error("it still believes that it holds the ledger")
	}
}

// Its own later versions are no take-over.
func TestOwnWriteShownBeforeTheAnswer(t *testing.T) {
	d := drive(t)
	d.lead()
	write := only[WriteLedger](t, d.do(d.stock(1), call1(1, "cart", 1)))
	d.do(LedgerSeen{UID: ledgerUID, Version: 13, Token: write.Status.Token})
	if d.do(landedAt(write, 13)); !d.Leading() {
		t.Error("it gave the ledger up")
	}
}

// A caller that gives up while its request is being written, and one that asks again
// later, when another operator had folded a part: the second asks for something else
// and must not be told that what the first asked for has passed. Nothing would make
// it ask once more.
func TestWhatIsAskedLastIsAnswered(t *testing.T) {
	for name, dropped := range map[string]bool{"the first gave up": true, "the first still waits": false} {
		t.Run(name, func(t *testing.T) {
			d := shop(t)
			write := only[WriteLedger](t, d.do(ship(1, "b", 3, 0)))
			if dropped {
				d.do(CallDropped{Call: 1, UID: "b"})
			}
			read := only[ReadLedger](t, d.do(answered(write, Refused)))
			other := stored(20, 9)
			other.Status.LastFold = 1
			other.Status.Token = sealed("other/7", ledgerUID, &other.Status)
			again := only[ReadLedger](t, d.do(LedgerRead{Term: read.Term, Stored: other}))
			d.do(TallySeen{Version: 25, LastFold: 1, Entries: take(1)}, shows("b", 30, 3, 1, 1), ship(2, "b", 2, 1))
			fence := only[WriteLedger](t, d.do(LedgerRead{Term: again.Term, Stored: other}))
			catchUp := only[CatchUp](t, d.do(landedAt(fence, 31)))
			effects := d.do(CaughtUp{Term: catchUp.Term, HoldsVersion: 30, Holds: uidSet("a", "b")})
			if replies := every[Reply](effects); len(replies) > 0 {
				t.Fatalf("it was told %+v", replies)
			}
			fold := only[WriteLedger](t, effects).Status.OpenFold
			if fold == nil || len(fold.Reservations) != 1 || fold.Reservations[0].Takes[0].Quantity != 2 {
				t.Errorf("the fold is %+v", fold)
			}
		})
	}
}
