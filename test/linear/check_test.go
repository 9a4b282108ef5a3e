package linear

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// told is one thing in a history: from, until and what was asked and answered.
type entry struct {
	from, until int64
	in          Input
	out         Output
}

func at(from, until int64, in Input, out Output) entry { return entry{from, until, in, out} }

var (
	done     = Output{Answer: Done}
	noAnswer = Output{}
	over     = Output{Answer: Done, Phase: "Released"}
	shipped  = Output{Answer: Done, Phase: "Consumed"}
)

func do(kind Kind, cart int) Input { return Input{Kind: kind, Cart: cart} }
func short(units ...int8) Output {
	out := Output{Answer: Unavailable, Short: Units{-1, -1, -1}}
	copy(out.Short[:], units)
	return out
}
func ship(total int8) Input { return Input{Kind: Ship, Totals: Units{total}} }
func look(phase, intent string, units int8) Output {
	return Output{Answer: Done, Phase: phase, Intent: intent, Shipped: Units{units}}
}
func level(available, reserved int64) Output { return Output{Available: available, Reserved: reserved} }

// verdict checks a history of carts of these units of the first product, which
// expire at 1000.
func verdict(stock int8, carts []int8, lag time.Duration, entries []entry) Verdict {
	h := NewHistory(stock)
	h.Lag = lag
	for _, units := range carts {
		h.carts[h.AddCart(Units{units}, 0)].Expires = expiry(entries)
	}
	for client, e := range entries {
		e.in.Called, e.in.Answered = e.from, e.until
		if e.out.Answer == "" {
			e.out.Answer = Unknown
			if e.in.Kind == Level || e.in.Kind == Rest {
				e.out.Answer = Done
			}
		}
		h.Add(client, e.in, e.out)
	}
	return h.Check(10 * time.Second)
}

// expiry is 1000, or after all in histories that take longer.
func expiry(entries []entry) int64 {
	for _, e := range entries {
		if e.until >= 1e6 {
			return math.MaxInt64
		}
	}
	return 1000
}

// What may happen is taken for right, and what must not is refused.
func TestCheckTellsRightFromWrong(t *testing.T) {
	cases := map[string]struct {
		stock   int8
		carts   []int8
		lag     time.Duration
		right   bool
		entries []entry
	}{
		"two carts, one unit": {1, []int8{1, 1}, 0, true, []entry{
			at(1, 9, do(Reserve, 0), done), at(1, 5, do(Reserve, 1), short(0))}},
		"oversold": {1, []int8{1, 1}, 0, false, []entry{
			at(1, 9, do(Reserve, 0), done), at(1, 5, do(Reserve, 1), done)}},
		"oversold by a lost answer": {1, []int8{1, 1}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), noAnswer), at(3, 4, do(Reserve, 1), done), at(5, 6, do(Reserve, 0), done)}},
		"an answer is lost and comes later": {1, []int8{1, 1}, 0, true, []entry{
			at(1, 2, do(Reserve, 0), noAnswer), at(3, 4, do(Reserve, 1), short(0)), at(5, 6, do(Reserve, 0), done)}},
		"refused for no reason": {2, []int8{1, 1}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Reserve, 1), short(1))}},
		"refused with a wrong figure": {3, []int8{2, 2}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Reserve, 1), short(0))}},
		"refused with the right figure": {3, []int8{2, 2}, 0, true, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Reserve, 1), short(1))}},
		"outcome flipped": {1, []int8{1}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Reserve, 0), short(0))}},
		"outcome flipped after a refusal": {1, []int8{1, 1}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Reserve, 1), short(0)),
			at(5, 6, do(Release, 0), over), at(7, 8, do(Reserve, 1), done)}},
		"the first outcome stands": {1, []int8{1, 1}, 0, true, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Reserve, 1), short(0)),
			at(5, 6, do(Release, 0), over), at(7, 8, do(Reserve, 1), short(0)), at(7, 8, do(Reserve, 0), done)}},
		"released and sold again": {1, []int8{1, 1}, 0, true, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Release, 0), over), at(5, 6, do(Reserve, 1), done)}},
		"lost release": {1, []int8{1, 1}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Release, 0), over), at(5, 6, do(Reserve, 1), short(0))}},
		"release seen late": {1, []int8{1, 1}, 10, true, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Release, 0), over), at(5, 6, do(Reserve, 1), short(0))}},
		"release seen too late": {1, []int8{1, 1}, 10, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Release, 0), over), at(15, 16, do(Reserve, 1), short(0))}},
		"sold before it was released": {1, []int8{1, 1}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Reserve, 1), done), at(5, 6, do(Release, 0), over)}},
		"stale read of an outcome": {1, []int8{1}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Look, 0), look("Pending", "Hold", 0))}},
		"stale read of a release": {1, []int8{1}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Release, 0), over), at(5, 6, do(Look, 0), look("Reserved", "Release", 0))}},
		"look while it is released": {1, []int8{1}, 0, true, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 9, do(Release, 0), over), at(4, 5, do(Consume, 0), Output{Answer: NotReserved}),
			at(6, 7, do(Look, 0), look("Reserved", "Release", 0))}},
		"consumed and released": {1, []int8{1}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 9, do(Release, 0), over), at(3, 9, do(Consume, 0), shipped)}},
		"consumed, release refused": {1, []int8{1}, 0, true, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 9, do(Release, 0), Output{Answer: Consumed}), at(3, 9, do(Consume, 0), shipped)}},
		"consumed units sold": {1, []int8{1, 1}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Consume, 0), shipped), at(5, 6, do(Reserve, 1), done)}},
		"rest sold after a part was consumed": {3, []int8{3, 2}, 0, true, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, ship(1), done), at(5, 6, do(Release, 0), shipped),
			at(7, 8, do(Reserve, 1), done), at(9, 10, do(Look, 0), look("Consumed", "Release", 1))}},
		"part sold twice": {3, []int8{3, 3}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, ship(1), done), at(5, 6, do(Release, 0), shipped), at(7, 8, do(Reserve, 1), done)}},
		"part lost": {3, []int8{3}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, ship(2), done), at(5, 6, do(Look, 0), look("Reserved", "Hold", 0))}},
		"part shown after everything was asked for": {3, []int8{3}, 0, true, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 20, ship(1), done), at(4, 30, do(Consume, 0), shipped),
			at(10, 11, do(Look, 0), look("Reserved", "Consume", 0)), at(21, 22, do(Look, 0), look("Reserved", "Consume", 1)),
			at(31, 32, do(Look, 0), look("Consumed", "Consume", 3))}},
		"part shown that nobody asked for": {3, []int8{3}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(4, 30, do(Consume, 0), shipped),
			at(10, 11, do(Look, 0), look("Reserved", "Consume", 0)), at(12, 20, ship(1), done),
			at(21, 22, do(Look, 0), look("Reserved", "Consume", 1))}},
		"more than reserved": {3, []int8{3}, 0, true, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, ship(4), Output{Answer: TooMany})}},
		"refused a part that is there": {3, []int8{3}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, ship(3), Output{Answer: TooMany})}},
		"expired and sold again": {1, []int8{1, 1}, 0, true, []entry{
			at(1, 2, do(Reserve, 0), done), at(1001, 1002, do(Reserve, 1), done)}},
		"expired too early": {1, []int8{1, 1}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(990, 999, do(Reserve, 1), done)}},
		"expired after it was consumed": {1, []int8{1, 1}, 0, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Consume, 0), shipped), at(1001, 1002, do(Reserve, 1), done)}},
		"released before it was decided": {1, []int8{1, 1}, 0, true, []entry{
			at(1, 9, do(Reserve, 0), Output{Answer: Withdrawn}), at(2, 8, do(Release, 0), over),
			at(3, 4, do(Reserve, 1), short(0)), at(10, 11, do(Look, 0), look("Released", "Release", 0))}},
		"level between decisions": {3, []int8{2}, 0, true, []entry{
			at(1, 9, do(Reserve, 0), done), at(2, 3, do(Level, 0), level(3, 0)), at(4, 5, do(Level, 0), level(1, 2)), at(10, 11, do(Rest, 0), level(1, 2))}},
		"level back in time": {3, []int8{2}, 0, false, []entry{
			at(1, 9, do(Reserve, 0), done), at(2, 3, do(Level, 0), level(1, 2)), at(4, 5, do(Level, 0), level(3, 0))}},
		"leaked at rest": {1, []int8{1}, time.Hour, false, []entry{
			at(1, 2, do(Reserve, 0), done), at(3, 4, do(Release, 0), over), at(5, 6, do(Rest, 0), level(0, 1))}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			v := verdict(tc.stock, tc.carts, tc.lag, tc.entries)
			if v.Right() != tc.right || v.Result == porcupine.Unknown {
				path := filepath.Join(t.ArtifactDir(), "history.html")
				t.Errorf("right is %t (%s), want %t; drawn to %s: %v", v.Right(), v.Result, tc.right, path, v.Draw(path))
			}
		})
	}
}

// What the service says of its own time is a hint: it makes nothing right that is
// wrong, and nothing wrong that is right.
func TestHintsProveNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		hints [2]int64
		right bool
	}{"as it was": {[2]int64{2e9, 1e9}, true}, "the other way round": {[2]int64{1e9, 2e9}, true}, "never": {[2]int64{9e9, -9e9}, true}} {
		for _, oversold := range []bool{false, true} {
			second := short(0)
			if oversold {
				second, tc.right = done, false
			}
			first := done
			first.Decided, second.Decided = tc.hints[0], tc.hints[1]
			v := verdict(1, []int8{1, 1}, 0, []entry{at(0, 3e9, do(Reserve, 0), first), at(0, 3e9, do(Reserve, 1), second)})
			if v.Right() != tc.right {
				t.Errorf("%s, oversold %t: %s", name, oversold, v.Result)
			}
		}
	}
}

// A check that does not end in time says that nothing is right.
func TestUndecidedIsNotRight(t *testing.T) {
	const carts = 20
	h := NewHistory(100)
	for client := range carts {
		cart := h.AddCart(Units{1}, time.Hour)
		h.Add(client, Input{Kind: Reserve, Cart: cart, Called: 1, Answered: 2}, done)
	}
	h.Add(carts, Input{Kind: Rest, Called: 3, Answered: 4}, level(0, 100)) // 2^20 sets to try
	if v := h.Check(time.Millisecond); v.Right() || v.Result != porcupine.Unknown {
		t.Errorf("%s", v.Result)
	}
}

// All lines of a cart are served or none, and what is short is told of each.
func TestCartsOfSeveralProducts(t *testing.T) {
	for name, tc := range map[string]struct {
		short Units
		right bool
	}{
		"short of one":           {Units{-1, 1, -1}, true},
		"the other is told":      {Units{5, 1, -1}, false},
		"both lines are short":   {Units{1, 1, -1}, false},
		"nothing is told of one": {Units{-1, -1, -1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := NewHistory(5, 3)
			first, second := h.AddCart(Units{0, 2}, time.Hour), h.AddCart(Units{3, 2}, time.Hour)
			third := h.AddCart(Units{5, 1}, time.Hour)
			h.Add(0, Input{Kind: Reserve, Cart: first, Called: 1, Answered: 2}, done)
			h.Add(0, Input{Kind: Reserve, Cart: second, Called: 3, Answered: 4}, Output{Answer: Unavailable, Short: tc.short})
			h.Add(0, Input{Kind: Reserve, Cart: third, Called: 5, Answered: 6}, done)
			h.Add(1, Input{Kind: Reserve, Cart: first, Called: 1, Answered: math.MaxInt64}, Output{Answer: Unknown})
			if v := h.Check(10 * time.Second); v.Right() != tc.right {
				t.Errorf("right is %t, want %t", v.Right(), tc.right)
			}
		})
	}
}
