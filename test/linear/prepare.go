package linear

import (
	"math"
	"time"

	"github.com/anishathalye/porcupine"
)

// prepared are the operations as they are checked. What cannot matter is left
// out, since every operation without an end doubles the orders to try:
//
//   - However often a cart is asked for, it is decided once, between the first
//     time and the first answer. All answers are to show the same.
//   - A command without an answer does nothing any more once its cart is told to
//     have ended.
func (h *History) prepared(hinted bool) []porcupine.Operation {
	var all []porcupine.Operation
	reserves, closed := map[int][]porcupine.Operation{}, map[int]int64{}
	end := int64(0)
	for _, o := range h.operations {
		in, out := o.Input.(Input), o.Output.(Output)
		if out.Answer != Unknown {
			end = max(end, o.Return)
		}
		if closes(in, out) && (closed[in.Cart] == 0 || o.Return < closed[in.Cart]) {
			closed[in.Cart] = o.Return
		}
		if in.Kind == Reserve {
			reserves[in.Cart] = append(reserves[in.Cart], o)
		} else {
			all = append(all, o)
		}
	}
	for i, o := range all {
		in := o.Input.(Input)
		if o.Output.(Output).Answer != Unknown {
			continue
		}
		if at, known := closed[in.Cart]; known {
			all[i].Return = max(o.Call, at)
		}
		in.Answered = in.Called // nothing needs to have happened for it
		all[i].Input = in
	}
	for _, same := range reserves {
		one := decision(same, end)
		if hinted {
			one = narrowed(one)
		}
		all = append(all, one)
	}
	return all
}

// hintWidth is how far from the decision a service's clock is read.
const hintWidth = int64(2 * time.Millisecond)

// narrowed is a decision at the moment that the service says, or as it is where
// that is no moment between the question and the answer.
func narrowed(o porcupine.Operation) porcupine.Operation {
	decided := o.Output.(Output).Decided
	from, until := max(o.Call, decided-hintWidth), min(o.Return, decided+hintWidth)
	if decided == 0 || from > until {
		return o
	}
	in := o.Input.(Input)
	in.Answered = until
	o.Input, o.Call, o.Return = in, from, until
	return o
}

// closes tells whether an answer says that its cart never changes any more.
func closes(in Input, out Output) bool {
	switch in.Kind {
	case Look, seeEnd:
		return ended(out.Phase) || out.Phase == phases[refused]
	case seeOutcome:
		return out.Answer == Unavailable || out.Answer == Withdrawn
	default:
		return false
	}
}

// decision is the one operation that decides a cart, out of all that ask for it.
// Without any answer it ends with the history or later.
func decision(same []porcupine.Operation, end int64) porcupine.Operation {
	first, one := int64(math.MaxInt64), same[0]
	for _, o := range same {
		first = min(first, o.Call)
		if o.Return < one.Return {
			one = o
		}
	}
	in := one.Input.(Input)
	in.Called, in.Answered = first, min(one.Return, end)
	one.Input, one.Call = in, first
	return one
}
