package reader

import (
	"errors"
	"strings"
	"testing"

	"github.com/acme/inventory-service/internal/allocator"
)

func TestValues(t *testing.T) {
	for _, at := range []allocator.Position{{}, {Journal: "3f2a91bc", Page: 12, Index: 340}, {Journal: "a", Page: 1}} {
		got, left, err := ParseValue(Value(at))
		if err != nil || left || got != at {
			t.Errorf("%+v is read as %+v, %t, %v", at, got, left, err)
		}
	}
	if _, left, err := ParseValue(Unregistered); !left || err != nil {
		t.Errorf("%t, %v", left, err)
	}
	for _, text := range []string{"", " ", "none", "1.2", "a.b.c", "toolonganid.1.1", strings.Repeat("x", 1<<20)} {
		if at, left, err := ParseValue(text); err == nil || left || at != (allocator.Position{}) || len(err.Error()) > 512 {
			t.Errorf("%.40q is read as %+v, %t, %v", text, at, left, err)
		}
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"archive", "a", "lake-2", strings.Repeat("a", 40)} {
		if err := ValidName(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "Archive", "a.b", "a/b", "-a", "a_b", strings.Repeat("a", 41), strings.Repeat("\u202e", 1<<10)} {
		if _, err := New(nil, name); !errors.Is(err, ErrName) || len(err.Error()) > 1024 {
			t.Errorf("%.40q: %v", name, err)
		}
	}
}
