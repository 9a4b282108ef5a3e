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
