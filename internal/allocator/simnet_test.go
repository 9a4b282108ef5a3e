package allocator_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/test/fixture"
)

// serve lets one request of a process arrive. That happens to frozen processes too: what
// they have sent is on its way.
func (w *world) serve(p *process) {
	i := due(p, len(p.pending), func(i int) time.Time { return p.pending[i].due })
	if i < 0 {
		return
	}
	effect := p.pending[i].effect
	p.pending = slices.Delete(p.pending, i, i+1)
	if put, ok := effect.(journal.Put); ok && w.crashPoint(p, put) {
		return
	}
	answer := w.arrive(p.name, effect)
	if w.faulty && w.chance(20) {
		w.reach.Doubled++
		if w.chance(2) {
			answer = w.arrive(p.name+" again", effect) // the first answer did not get through
		} else {
			w.stray = append(w.stray, effect)
		}
	}
	p.answers = append(p.answers, reply{event: allocator.Journal{Event: answer}, due: w.now, from: len(w.server.Changes)})
}

// crashPoint lets a process crash at a write: before it is sent, after it has landed, or
// after its answer.
func (w *world) crashPoint(p *process, put journal.Put) bool {
	w.writes++
	if !w.faulty || w.needs(p) || w.writes != w.crashAt && !w.chance(150) {
		return false
	}
	switch w.rng.IntN(3) {
	case 0:
		w.crash(p, "before a write is sent")
		w.reach.CrashesBefore++
		return true
	case 1:
		w.arrive(p.name, put)
		w.crash(p, "after a write arrived")
		w.reach.CrashesAfter++
		return true
	default:
		p.fatal = put.Call
		w.reach.CrashesAnswered++
		return false
	}
}

// arrive lets the server perform a request.
func (w *world) arrive(from string, effect journal.Effect) journal.Event {
	answer := w.server.Serve(effect)
	w.note("%s: %s ⇒ %s", from, effectText{effect}, answerText{answer})
	if wrote, ok := answer.(journal.Wrote); ok {
		w.countWrite(wrote)
		if wrote.Result == journal.Stored && w.now.Before(w.touchUntil) {
			w.server.Touch(wrote.Page.Name)
		}
	}
	w.judge()
	return answer
}

func (w *world) countWrite(wrote journal.Wrote) {
	switch wrote.Result {
	case journal.Stored:
		w.reach.Stored++
	case journal.Conflicted:
		w.reach.Conflicts++
	case journal.Denied:
		w.reach.Denied++
	case journal.Rejected:
		w.reach.Rejected++
	case journal.OtherHistory:
		w.failf("the server says of a write that it is of another history")
	}
}

func (w *world) deny() error {
	if w.now.Before(w.denyUntil) {
		return errors.New("denied for a while")
	}
	return nil
}

// poison marks a cart that no server takes.
const poison = "poisoned"

func rejectPoison(p *journal.Page) error {
	if bytes.Contains(p.Blob, []byte(poison)) {
		return errors.New("poison")
	}
	return nil
}

// lostAnswer is what a process hears whose answer was lost.
func lostAnswer(e journal.Event) journal.Event {
	err := errors.New("lost")
	switch e := e.(type) {
	case journal.Listed:
		return journal.Listed{Call: e.Call, Err: err}
	case journal.Got:
		return journal.Got{Call: e.Call, Err: err}
	case journal.Wrote:
		return journal.Wrote{Call: e.Call, Err: err}
	case journal.Created:
		return journal.Created{Call: e.Call}
	case journal.NamespaceRead:
		return journal.NamespaceRead{Call: e.Call, Err: err}
	case journal.LedgerRead:
		return journal.LedgerRead{Call: e.Call, Err: err}
	default:
		return e
	}
}

// effectText and answerText print requests and answers, if they are printed at all.
type effectText struct{ effect journal.Effect }

func (t effectText) String() string {
	put, ok := t.effect.(journal.Put)
	if !ok {
		return fmt.Sprintf("%T%+v", t.effect, t.effect)
	}
	p := put.Page
	text := fmt.Sprintf("put %s over %d as page %d", p.Name, p.Version, p.Number)
	if p.Emptied {
		return text + ", emptied"
	}
	text += fmt.Sprintf(", head %d, %d records", p.Header.Head, len(p.Records))
	if p.Header.Next != nil {
		text += ", full, next " + p.Header.Next.Name
	}
	return text
}

type answerText struct{ event journal.Event }

func (t answerText) String() string {
	switch a := t.event.(type) {
	case journal.Wrote:
		return [...]string{"unknown", "stored", "conflicted", "rejected", "other history", "denied"}[a.Result]
	case journal.Listed:
		return fmt.Sprintf("%d pages at version %d", len(a.Pages), a.Version)
	case journal.Got:
		if a.Page == nil {
			return "no page"
		}
		return fmt.Sprintf("page %d at version %d", a.Page.Number, a.Page.Version)
	default:
		return fmt.Sprintf("%T", t.event)
	}
}

// wordText prints what fixture.Words knows, if it is printed at all.
type wordText struct{ about any }

func (t wordText) String() string { return fixture.Words(t.about) }
