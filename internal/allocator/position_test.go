package allocator

import "testing"

func TestPositions(t *testing.T) {
	at := func(journal string, page uint64, index int) Position { return Position{journal, page, index} }
	for _, test := range []struct {
		at, other Position
		want      bool
	}{
		{Position{}, Position{}, true},
		{at("a", 0, 1), Position{}, true},
		{Position{}, at("a", 0, 1), false},
		{at("a", 3, 5), at("a", 3, 5), true},
		{at("a", 3, 4), at("a", 3, 5), false},
		{at("a", 4, 0), at("a", 3, 5), true},
		{at("a", 2, 9), at("a", 3, 5), false},
		{at("b", 0, 1), at("a", 3, 5), true}, // another journal replaced it
	} {
		if got := test.at.Covers(test.other); got != test.want {
			t.Errorf("%q covers %q: %t, want %t", test.at, test.other, got, test.want)
		}
	}
}

func TestPositionsAsText(t *testing.T) {
	for _, p := range []Position{{}, {"3f2a91bc", 12, 340}, {"a", 0, 0}} {
		if got, err := ParsePosition(p.String()); err != nil || got != p {
			t.Errorf("%+v is read as %+v, %v", p, got, err)
		}
	}
	for _, text := range []string{"x", "a.1", "a.1.2.3", ".1.2", "a.-1.2", "a.1.-2", "a.1.99999999999", "123456789.1.2", "a.x.1"} {
		if p, err := ParsePosition(text); err == nil {
			t.Errorf("%q is read as %+v", text, p)
		}
	}
}
