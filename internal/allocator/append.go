package allocator

import (
	"slices"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// append sends the next write, if there is a reason for one and it is this process's turn.
func (a *Allocator) append(now time.Time) []Effect {
	if wait := a.blockedUntil.Sub(now); wait > 0 {
		return a.wakeAfter(wait)
	}
	switch a.log.Turn(now) {
	case journal.Claim:
		return a.claim(now)
	case journal.Open:
		if len(a.queue) > 0 {
			if wait := a.gathering.rest(now, callers(a.queue)); wait > 0 {
				return a.wakeAfter(wait)
			}
		}
		return a.decide(now)
	case journal.Restate:
		return a.restate(now)
	default:
		return nil
	}
}

// claim appends a term.
func (a *Allocator) claim(now time.Time) []Effect {
	marks := a.stock.Marks()
	marks.At = max(marks.At, micros(now))
	record, err := stock.Encode(stock.Term{Leader: a.leader, At: marks.At})
	if err != nil {
		return a.take(a.log.Condemn(err.Error()))
	}
	records, format := [][]byte{record}, 0
	if a.log.AwaitsRestore() {
		restore := stock.RestoreRecord{Stage: stock.RestoreAwaited, At: marks.At}
		awaited, err := stock.Encode(restore)
		if err != nil {
			return a.take(a.log.Condemn(err.Error()))
		}
		records, format = append(records, awaited), stock.FormatOf(restore)
	}
	a.claiming = true
	return a.take(a.log.Append(journal.Batch{Records: records, Format: format, Marks: marks.JSON(), Head: a.stock.Head()}))
}

// wakeAfter asks for a Woken, unless one comes.
func (a *Allocator) wakeAfter(wait time.Duration) []Effect {
	if a.waking {
		return nil
	}
	a.waking = true
	return []Effect{Wake{After: wait}}
}

// outdated tells whether a request says what was read before this term: what is true of
// an object then proves nothing about now. So is how far a reader was: it may have left since.
func (a *Allocator) outdated(one ask) bool {
	if one.term == a.terms {
		return false
	}
	switch request := one.request.(type) {
	case stock.PutItem, stock.DropItem, stock.Expire, stock.ReadPages, stock.LeavePages, stock.WaiveRestore:
		return true
	case stock.Reserve:
		return request.Verified
	default:
		return false
	}
}

// turnAway answers outdated requests with stock.Outdated at once. That needs no proof, since the
// answer says nothing of State.
func (a *Allocator) turnAway() []Effect {
	var out []Effect
	a.queue = slices.DeleteFunc(a.queue, func(one ask) bool {
		outdated := a.outdated(one)
		if outdated && one.waits() {
			out = append(out, Answered{Call: one.call, Answer: stock.Answer{Verdict: stock.Outdated}})
		}
		return outdated
	})
	return out
}

// decide appends what is decided of the queue. Where nothing is to be written, those who
// get an answer from State get it after a proof, and where nothing was taken of late, an
// append of nothing finds out whether that is over.
func (a *Allocator) decide(now time.Time) []Effect {
	if a.suspect != nil {
		return a.appendNothing()
	}
	return append(a.turnAway(), a.decideQueue(now)...)
}

func (a *Allocator) decideQueue(now time.Time) []Effect {
	a.gate()
	policy := a.policy
	policy.Through = a.log.Through()
	asked := a.next()
	requests := make([]stock.Request, len(asked))
	for i, a := range asked {
		requests[i] = a.request
	}
	before := a.stock.Marks()
	batch := stock.Decide(a.stock, requests, micros(now), a.log.NextPage(), policy)
	changes := len(batch.Records) > 0 || batch.Head != a.stock.Head() || batch.Marks.Published != before.Published
	a.sort(asked, batch.Answers)
	switch {
	case changes || a.log.AppendNeeded():
	case len(a.batch) > 0:
		a.gathering.send(now, callers(a.batch))
		return a.take(a.log.Prove())
	case !a.log.AppendRejected():
		return nil
	}
	a.gathering.send(now, callers(a.batch))
	return a.take(a.log.Append(journal.Batch{Records: batch.Records, Format: batch.Format, Marks: batch.Marks.JSON(), Head: batch.Head}))
}

// gate puts carts aside in a term that is not Stocked.
func (a *Allocator) gate() {
	if !a.gated || a.stocked == a.terms {
		return
	}
	a.queue = slices.DeleteFunc(a.queue, func(one ask) bool {
		_, cart := one.request.(stock.Reserve)
		if cart {
			a.unstocked = append(a.unstocked, one)
		}
		return cart
	})
}

// next are the requests of the next batch.
func (a *Allocator) next() []ask {
	if a.most > 0 && len(a.queue) > a.most {
		return a.queue[:a.most]
	}
	return a.queue
}

// sort moves what was asked into the batch, or to where it waits on.
func (a *Allocator) sort(asked []ask, answers []stock.Answer) {
	rest := a.queue[len(asked):]
	var later []ask
	for i, one := range asked {
		switch one.answer = answers[i]; one.answer.Verdict {
		case stock.Later:
			later = append(later, one)
		case stock.Waiting:
			a.parked = append(a.parked, one)
		default:
			a.batch = append(a.batch, one)
		}
	}
	a.queue = slices.Concat(later, rest)
}

// appendNothing tries whether anything can be stored at all.
func (a *Allocator) appendNothing() []Effect {
	return a.take(a.log.Append(journal.Batch{Marks: a.stock.Marks().JSON(), Head: a.stock.Head()}))
}

// refused halves the batch until a request is found that cannot be stored by itself.
// Whether it is to blame shows an append of nothing: where that is refused too, nothing
// can be stored now and everybody waits.
func (a *Allocator) refused(err error) []Effect {
	batch := slices.Clone(a.batch)
	wasTrial := a.suspect != nil
	a.requeue()
	switch {
	case wasTrial || len(batch) == 0:
		a.blockedUntil = a.log.Now().Add(pause)
		return a.wakeAfter(pause)
	case len(batch) == 1 && batch[0].left:
		// Nobody waits for it any more: requeue has dropped it.
	case len(batch) == 1:
		a.queue = a.queue[1:]
		a.suspect = &suspect{ask: batch[0], err: err}
	default:
		a.most = len(batch) / 2
	}
	return nil
}

// pause is how long nothing is appended after not even an empty write was taken.
const pause = time.Second

// micros is a time as records state it.
func micros(t time.Time) stock.Time { return stock.Time(t.UnixMicro()) }
