package linear

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// Verdict is what a check found.
type Verdict struct {
	Result porcupine.CheckResult
	// Took is how long the check took.
	Took  time.Duration
	model porcupine.Model
	info  porcupine.LinearizationInfo
}

// Right tells whether there is an order in which every answer is right. A check
// that was not finished in time says no.
func (v Verdict) Right() bool { return v.Result == porcupine.Ok }

// Draw writes what was tried to a page for a browser.
func (v Verdict) Draw(path string) error { return porcupine.VisualizePath(v.model, v.info, path) }

// Check looks for an order, for at most so long. Nothing is recorded any more.
//
// It looks first where the service says that carts were decided: an order in which
// all is right there is one for what clients saw as well. Only where there is none
// are all others tried.
func (h *History) Check(patience time.Duration) Verdict {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := (&model{carts: h.carts, lag: h.Lag, stock: h.Stock}).porcupine()
	began := time.Now()
	v := Verdict{model: m}
	for _, hinted := range []bool{true, false} {
		v.Result, v.info = porcupine.CheckOperationsVerbose(m, h.prepared(hinted), patience/2)
		if v.Right() {
			break
		}
	}
	v.Took = time.Since(began)
	return v
}

// model is the service for the carts of one history.
type model struct {
	carts []Cart
	lag   time.Duration
	stock Units
}

// possible are the states that everything may be in, in a fixed order. What
// happens by itself may have happened or not, so there can be several.
type possible []state

// porcupine makes a Model of possible states.
func (m *model) porcupine() porcupine.Model {
	seed := maphash.MakeSeed()
	return porcupine.Model{
		Partition: m.partition,
		Init: func() any {
			return possible{{free: m.stock, carts: strings.Repeat("\x00", len(m.carts)*standingSize)}}
		},
		Step: func(before, in, out any) (bool, any) {
			var after possible
			for _, s := range before.(possible) {
				after = append(after, m.step(s, in.(Input), out.(Output))...)
			}
			slices.SortFunc(after, compare)
			after = slices.Compact(after)
			return len(after) > 0, after
		},
		Equal: func(a, b any) bool { return slices.Equal(a.(possible), b.(possible)) },
		Hash: func(s any) uint64 {
			var h maphash.Hash
			h.SetSeed(seed)
			for _, one := range s.(possible) {
				maphash.WriteComparable(&h, one)
			}
			return h.Sum64()
		},
		DescribeOperation: func(in, out any) string { return describe(in.(Input), out.(Output), m.carts) },
		DescribeState: func(s any) string {
			var lines []string
			for _, one := range s.(possible) {
				lines = append(lines, one.String())
			}
			return strings.Join(lines, " or ")
		},
	}
}

func compare(a, b state) int {
	if order := slices.Compare(a.free[:], b.free[:]); order != 0 {
		return order
	}
	return strings.Compare(a.carts, b.carts)
}

// partition parts operations whose products never share a cart: they have nothing
// to do with each other.
func (m *model) partition(all []porcupine.Operation) [][]porcupine.Operation {
	var group [MaxProducts]int
	for p := range group {
		group[p] = p
	}
	for _, cart := range m.carts {
		first := -1
		for p, units := range cart.Units {
			switch {
			case units == 0:
			case first < 0:
				first = p
			default:
				from, to := group[p], group[first]
				for q := range group {
					if group[q] == from {
						group[q] = to
					}
				}
			}
		}
	}
	parts := make([][]porcupine.Operation, MaxProducts)
	for _, o := range all {
		in := o.Input.(Input)
		product := in.Product
		if in.Kind != Level && in.Kind != Rest {
			product = slices.IndexFunc(m.carts[in.Cart].Units[:], func(units int8) bool { return units > 0 })
		}
		parts[group[product]] = append(parts[group[product]], o)
	}
	return slices.DeleteFunc(parts, func(part []porcupine.Operation) bool { return len(part) == 0 })
}

func describe(in Input, out Output, carts []Cart) string {
	switch in.Kind {
	case Level, Rest:
		return fmt.Sprintf("%s %d -> %d free, %d reserved", in.Kind, in.Product, out.Available, out.Reserved)
	case Reserve:
		return fmt.Sprintf("reserve %d %v -> %s %v", in.Cart, carts[in.Cart].Units, out.Answer, out.Short)
	case Ship:
		return fmt.Sprintf("ship %d %v -> %s", in.Cart, in.Totals, out.Answer)
	default:
		return fmt.Sprintf("%s %d -> %s %s/%s %v", in.Kind, in.Cart, out.Answer, out.Phase, out.Intent, out.Shipped)
	}
}
