package allocator_test

import (
	"errors"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// A process that could store nothing tries again, also where its clock was put back by a
// little meanwhile and it wakes too early. Nobody else would wake it.
func TestBlockedReplicaWakesUp(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
	s.server.Reject = func(*journal.Page) error { return errors.New("no") }
	call := s.send(mugs(10))
	s.server.Reject = nil
	s.skew = -100 * time.Millisecond
	s.pass(10 * time.Second)
	if got := s.answerTo(call).Verdict; got != stock.Done {
		t.Errorf("verdict %d ten seconds after the API server takes writes again", got)
	}
}

// Whoever has left is told nothing, wherever the request was: under way, or tried by
// itself since it could not be stored.
func TestWhoLeftIsToldNothing(t *testing.T) {
	for name, rejects := range map[string]bool{"under way": false, "being tried": true} {
		t.Run(name, func(t *testing.T) {
			s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
			s.must(mugs(10))
			if rejects {
				s.server.Reject = func(p *journal.Page) error {
					if len(p.Records) > 2 {
						return errors.New("no")
					}
					return nil
				}
			}
			s.frozen = func(e journal.Effect) bool {
				put, ok := e.(journal.Put)
				return ok && (len(put.Page.Records) > 2) != rejects
			}
			call := s.send(fixture.Reserve("cart-1"))
			if len(s.kept) != 1 {
				t.Fatalf("%d writes are under way", len(s.kept))
			}
			s.tell(allocator.Dropped{Call: call})
			s.thaw()
			if told := s.told[call]; told != nil {
				t.Errorf("told %+v", told)
			}
			if s.Waiting() != 0 || !s.Log().Leading() {
				t.Errorf("%s, %d requests wait", s.Log().Stage(), s.Waiting())
			}
		})
	}
}

// A cart that waits for a StockItem to be shown is decided as soon as there is enough for
// other reasons, and before all who came later.
func TestWaitingCartsAreFirst(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
	s.must(mugs(10), fixture.Reserve("all", fixture.Line("mug", 10)))
	s.must(stock.PutItem{Item: fixture.Item("mugs", fixture.Stocks("mug", "ams", 12), fixture.Revised(2, 2))})
	first := s.send(fixture.Reserve("cart-1", fixture.Line("mug", 2)))
	if got := s.answerTo(first).Verdict; got != 0 {
		t.Fatalf("verdict %d, though two more mugs are declared", got)
	}
	s.freeze()
	release := s.send(stock.Release{Reservation: "all"})
	second := s.send(fixture.Reserve("cart-2", fixture.Line("mug", 9)))
	s.thaw()
	if got := s.answerTo(release).Verdict; got != stock.Done {
		t.Fatalf("the release is told %d", got)
	}
	if got := s.answerTo(first); got.Verdict != stock.Done || got.Reservation.Phase != stock.PhaseReserved {
		t.Errorf("who came first gets %+v", got)
	}
	if got := s.answerTo(second).Verdict; got != 0 {
		t.Errorf("who came later is told %d", got)
	}
}

// A request that could not be stored, and that nobody waits for any more, takes nobody
// else's place: who comes next is decided.
func TestWhoLeftIsNotBlamed(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
	s.must(mugs(10))
	s.server.Reject = func(*journal.Page) error { return errors.New("no") }
	s.frozen = func(e journal.Effect) bool {
		_, get := e.(journal.Get)
		return get
	}
	first := s.send(fixture.Reserve("cart-1"))
	s.tell(allocator.Dropped{Call: first})
	second := s.send(fixture.Reserve("cart-2"))
	s.server.Reject = nil
	s.thaw()
	s.pass(5 * time.Second)
	if got := s.answerTo(second).Verdict; got != stock.Done || s.told[first] != nil {
		t.Errorf("verdict %d; who left is told %+v", got, s.told[first])
	}
}

// Whatever keeps a process from its work has a reason that people can be shown, until it
// is over.
func TestTroubleSaysWhy(t *testing.T) {
	for what, then := range map[string]func(*solo){
		"writes":                  func(s *solo) { s.send(mugs(10)) },
		"writes, and then reads":  func(s *solo) { s.send(mugs(10)) },
		"lists":                   (*solo).gap,
		"reading the StockLedger": (*solo).gap,
	} {
		t.Run(what, func(t *testing.T) {
			s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
			s.answer = fails[what]
			then(s)
			s.pass(time.Second)
			if got := s.Log().Trouble(); !errors.Is(got, errForbidden) {
				t.Errorf("trouble %v", got)
			}
			s.answer = nil
			s.pass(10 * time.Second)
			s.must(stock.Register{Name: "archive", Position: "1"})
			if got := s.Log().Trouble(); got != nil {
				t.Errorf("trouble %v though all is well", got)
			}
		})
	}
}

// Those who were just answered are waited for, no longer than the write took: whoever waits
// already is decided with them, or without them.
func TestBatchesGather(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
	s.must(mugs(10))
	const took = 8 * time.Millisecond
	under := func(first, second stock.ID) (waits uint64) {
		s.freeze()
		s.send(fixture.Reserve(first, fixture.Line("mug", 1)))
		waits = s.send(fixture.Reserve(second, fixture.Line("mug", 1)))
		s.pass(took)
		s.thaw()
		if s.told[waits] != nil {
			t.Errorf("%s is decided before who was answered could ask again", second)
		}
		return waits
	}
	waits := under("a", "b")
	comes := s.send(fixture.Reserve("c", fixture.Line("mug", 1)))
	if s.answerTo(waits).Verdict != stock.Done || s.answerTo(comes).Verdict != stock.Done {
		t.Error("both are there, and they are not decided")
	}
	s.pass(time.Second)
	waits = under("d", "e")
	if s.pass(took); s.answerTo(waits).Verdict != stock.Done {
		t.Error("nobody came in time, and it is not decided")
	}
}

// That writes are refused is said until one is stored, whoever waits: a proof shows nothing
// of writes, and a process to which nobody talks finds out by itself.
func TestRefusedWritesAreTroubleUntilOneIsStored(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
	s.must(mugs(10), fixture.Reserve("known"))
	refusal := errors.New("no writes today")
	s.server.Reject = func(*journal.Page) error { return refusal }
	s.tell(allocator.Dropped{Call: s.send(fixture.Reserve("cart"))})
	for range 3 {
		s.freeze() // what is tried after the proof is under way when one looks
		known := s.send(fixture.Reserve("known"))
		s.pass(5 * time.Second)
		if got := s.answerTo(known).Verdict; got != stock.Repeated {
			t.Errorf("what is known is told %d", got)
		}
		if got := s.Log().Trouble(); !errors.Is(got, refusal) {
			t.Errorf("trouble %v while writes are refused", got)
		}
		s.thaw()
	}
	s.server.Reject = nil
	s.pass(5 * time.Second)
	if got := s.Log().Trouble(); got != nil {
		t.Errorf("trouble %v though writes are taken again", got)
	}
}

// Where nothing can be stored, no request is to blame, whatever others are told meanwhile: a
// proof by reading shows nothing of writes.
func TestNobodyIsToBlameWhereNothingIsStored(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
	s.must(mugs(10), fixture.Reserve("known"))
	s.server.Reject = func(*journal.Page) error { return errors.New("no writes today") }
	s.freeze()
	cart := s.send(fixture.Reserve("cart"))
	known := s.send(fixture.Reserve("known")) // it is in the queue when the cart is suspected
	s.thaw()
	s.pass(5 * time.Second)
	if told, ok := s.told[cart]; ok {
		t.Errorf("the cart is told %+v", told)
	}
	s.server.Reject = nil
	s.pass(5 * time.Second)
	if got, other := s.answerTo(cart).Verdict, s.answerTo(known).Verdict; got != stock.Done || other != stock.Repeated {
		t.Errorf("the cart is told %d, what is known %d", got, other)
	}
}
