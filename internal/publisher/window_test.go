package publisher

import "testing"

// turns takes all turns that were given, and says whose they are.
func turns(lanes ...*lane) (given []int) {
	for i, l := range lanes {
		select {
		case <-l.turn:
			given = append(given, i)
		default:
			given = append(given, -1)
		}
	}
	return given
}

func TestWindowGivesTurnsInOrder(t *testing.T) {
	w := &window{size: 1}
	a, b, c := newLane(), newLane(), newLane()
	w.ask(a, false)
	w.ask(b, false)
	w.ask(b, false) // once is enough
	w.ask(c, false)
	for _, want := range [][3]int{{0, -1, -1}, {-1, 1, -1}, {-1, -1, 2}, {-1, -1, -1}} {
		if got := turns(a, b, c); [3]int(got) != want {
			t.Fatalf("turns %v, want %v", got, want)
		}
		if want != [3]int{-1, -1, -1} {
			w.done(false)
		}
	}
	if w.busy != 0 || len(w.waiting) != 0 {
		t.Errorf("%d turns are out, %d wait", w.busy, len(w.waiting))
	}
}

func TestWindowKeepsHalfFromTheTroubled(t *testing.T) {
	w := &window{size: 4}
	var troubled []*lane
	for range 4 {
		l := newLane()
		troubled = append(troubled, l)
		w.ask(l, true)
	}
	if got := turns(troubled...); [4]int(got) != [4]int{0, 1, -1, -1} {
		t.Fatalf("turns %v, want two of them", got)
	}
	good := newLane()
	w.ask(good, false)
	if got := turns(good); got[0] != 0 {
		t.Error("one that is in no trouble has to wait")
	}
	w.done(true)
	if got := turns(troubled...); [4]int(got) != [4]int{-1, -1, 2, -1} {
		t.Errorf("turns %v, want the next one", got)
	}
}

func TestWindowGetsBackWhatIsNotUsed(t *testing.T) {
	w := &window{size: 1}
	a, b, c := newLane(), newLane(), newLane()
	w.ask(a, true)
	w.ask(b, false)
	w.ask(c, false)
	w.leave(b) // while it waits
	w.leave(a) // with its turn
	if got := turns(a, b, c); [3]int(got) != [3]int{-1, -1, 2} {
		t.Errorf("turns %v, want the third's", got)
	}
	w.done(false)
	if w.busy != 0 || w.doubtful != 0 {
		t.Errorf("%d turns are out, %d in doubt", w.busy, w.doubtful)
	}
}
