package allocator

import (
	"slices"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// append sends the next write, if there is a reason for one and it is this process's turn.
func (r *Allocator) append(now time.Time) []Effect {
	if wait := r.blockedUntil.Sub(now); wait > 0 {
		return r.wakeAfter(wait)
	}
	switch r.log.Turn(now) {
	case journal.Claim:
		return r.claim(now)
	case journal.Open:
		if len(r.queue) > 0 {
			if wait := r.gathering.rest(now, callers(r.queue)); wait > 0 {
				return r.wakeAfter(wait)
			}
		}
		return r.decide(now)
	case journal.Restate:
		return r.restate(now)
	default:
		return nil
	}
}

// claim appends a term.
func (r *Allocator) claim(now time.Time) []Effect {
	marks := r.stock.Marks()
	marks.At = max(marks.At, micros(now))
	record, err := stock.Encode(stock.Term{Leader: r.leader, At: marks.At})
	if err != nil {
		return r.take(r.log.Condemn(err.Error()))
	}
	records, format := [][]byte{record}, 0
	if r.log.AwaitsRestore() {
		restore := stock.RestoreRecord{Stage: stock.RestoreAwaited, At: marks.At}
		awaited, err := stock.Encode(restore)
		if err != nil {
			return r.take(r.log.Condemn(err.Error()))
		}
		records, format = append(records, awaited), stock.FormatOf(restore)
	}
	r.claiming = true
	return r.take(r.log.Append(journal.Batch{Records: records, Format: format, Marks: marks.JSON(), Head: r.stock.Head()}))
}

// wakeAfter asks for a Woken, unless one comes.
func (r *Allocator) wakeAfter(wait time.Duration) []Effect {
	if r.waking {
		return nil
	}
	r.waking = true
	return []Effect{Wake{After: wait}}
}

// outdated tells whether a request says what was read before this term: what is true of
// an object then proves nothing about now. So is how far a reader was: it may have left since.
func (r *Allocator) outdated(a ask) bool {
	if a.term == r.terms {
		return false
	}
	switch request := a.request.(type) {
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
func (r *Allocator) turnAway() []Effect {
	var out []Effect
	r.queue = slices.DeleteFunc(r.queue, func(a ask) bool {
		outdated := r.outdated(a)
		if outdated && a.waits() {
			out = append(out, Answered{Call: a.call, Answer: stock.Answer{Verdict: stock.Outdated}})
		}
		return outdated
	})
	return out
}

// decide appends what is decided of the queue. Where nothing is to be written, those who
// get an answer from State get it after a proof, and where nothing was taken of late, an
// append of nothing finds out whether that is over.
func (r *Allocator) decide(now time.Time) []Effect {
	if r.suspect != nil {
		return r.appendNothing()
	}
	return append(r.turnAway(), r.decideQueue(now)...)
}

func (r *Allocator) decideQueue(now time.Time) []Effect {
	r.gate()
	policy := r.policy
	policy.Through = r.log.Through()
	asked := r.next()
	requests := make([]stock.Request, len(asked))
	for i, a := range asked {
		requests[i] = a.request
	}
	before := r.stock.Marks()
	batch := stock.Decide(r.stock, requests, micros(now), r.log.NextPage(), policy)
	changes := len(batch.Records) > 0 || batch.Head != r.stock.Head() || batch.Marks.Published != before.Published
	r.sort(asked, batch.Answers)
	switch {
	case changes || r.log.Needed():
	case len(r.batch) > 0:
		r.gathering.send(now, callers(r.batch))
		return r.take(r.log.Prove())
	case !r.log.Untaken():
		return nil
	}
	r.gathering.send(now, callers(r.batch))
	return r.take(r.log.Append(journal.Batch{Records: batch.Records, Format: batch.Format, Marks: batch.Marks.JSON(), Head: batch.Head}))
}

// gate puts carts aside in a term that is not Stocked.
func (r *Allocator) gate() {
	if !r.gated || r.stocked == r.terms {
		return
	}
	r.queue = slices.DeleteFunc(r.queue, func(a ask) bool {
		_, cart := a.request.(stock.Reserve)
		if cart {
			r.unstocked = append(r.unstocked, a)
		}
		return cart
	})
}

// next are the requests of the next batch.
func (r *Allocator) next() []ask {
	if r.most > 0 && len(r.queue) > r.most {
		return r.queue[:r.most]
	}
	return r.queue
}

// sort moves what was asked into the batch, or to where it waits on.
func (r *Allocator) sort(asked []ask, answers []stock.Answer) {
	rest := r.queue[len(asked):]
	var later []ask
	for i, a := range asked {
		switch a.answer = answers[i]; a.answer.Verdict {
		case stock.Later:
			later = append(later, a)
		case stock.Waiting:
			r.parked = append(r.parked, a)
		default:
			r.batch = append(r.batch, a)
		}
	}
	r.queue = slices.Concat(later, rest)
}

// appendNothing tries whether anything can be stored at all.
func (r *Allocator) appendNothing() []Effect {
	return r.take(r.log.Append(journal.Batch{Marks: r.stock.Marks().JSON(), Head: r.stock.Head()}))
}

// refused halves the batch until a request is found that cannot be stored by itself.
// Whether it is to blame shows an append of nothing: where that is refused too, nothing
// can be stored now and everybody waits.
func (r *Allocator) refused(err error) []Effect {
	batch := slices.Clone(r.batch)
	wasTrial := r.suspect != nil
	r.requeue()
	switch {
	case wasTrial || len(batch) == 0:
		r.blockedUntil = r.log.Now().Add(pause)
		return r.wakeAfter(pause)
	case len(batch) == 1 && batch[0].left:
		// Nobody waits for it any more: requeue has dropped it.
	case len(batch) == 1:
		r.queue = r.queue[1:]
		r.suspect = &suspect{ask: batch[0], err: err}
	default:
		r.most = len(batch) / 2
	}
	return nil
}

// pause is how long nothing is appended after not even an empty write was taken.
const pause = time.Second

// micros is a time as records state it.
func micros(t time.Time) stock.Time { return stock.Time(t.UnixMicro()) }
