package operator

import (
	"testing"
	"time"
)

// A journal that this release cannot read has it give the lease back at once, and ever more seldom
// while nobody can; another one begins anew, but not sooner than after the first pause.
func TestOffers(t *testing.T) {
	var o offers
	begin := time.Now()
	given := func(names []string, from, to time.Duration) (at []time.Duration) {
		for after := from; after < to; after += offerCheck {
			if o.due(begin.Add(after), names) {
				at = append(at, after)
			}
		}
		return at
	}
	if at := given(nil, 0, time.Minute); at != nil {
		t.Errorf("with nothing unreadable it is given back after %v", at)
	}
	at := given([]string{"shop"}, time.Minute, 2*time.Hour)
	if len(at) < 10 || at[0] != time.Minute || at[1] != at[0]+offerFirst {
		t.Fatalf("it is given back after %v", at)
	}
	for i := 2; i < len(at); i++ {
		if pause, before := at[i]-at[i-1], at[i-1]-at[i-2]; pause != min(2*before, offerLast) {
			t.Errorf("the pause after %v is %v, the one before it %v", at[i-1], pause, before)
		}
	}
	last := at[len(at)-1]
	if at := given([]string{"outlet", "shop"}, last+offerCheck, last+2*offerFirst); len(at) != 1 || at[0] != last+offerFirst {
		t.Errorf("another is unreadable: it is given back after %v, last after %v", at, last)
	}
	given(nil, 3*time.Hour, 3*time.Hour+offerCheck)
	if at := given([]string{"shop"}, 4*time.Hour, 4*time.Hour+3*offerFirst); len(at) != 2 || at[1]-at[0] > 2*offerFirst {
		t.Errorf("unreadable again: it is given back after %v", at)
	}
}
