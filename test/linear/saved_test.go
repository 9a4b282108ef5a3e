package linear

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// HISTORY=file checks a history again that a test kept.
func TestSavedHistory(t *testing.T) {
	path := os.Getenv("HISTORY")
	if path == "" {
		t.Skip("HISTORY names no saved history")
	}
	h, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	v := h.Check(10 * time.Minute)
	drawing := filepath.Join(t.ArtifactDir(), "history.html")
	if t.Logf("%s after %v", v.Result, v.Took); !v.Right() {
		t.Errorf("drawn in %s: %v", drawing, v.Draw(drawing))
	}
}

// What is saved is what is loaded.
func TestSaveAndLoad(t *testing.T) {
	h := NewHistory(2, 1)
	h.Lag = time.Second
	cart := h.AddCart(Units{1, 1}, time.Minute)
	h.Add(0, Input{Kind: Reserve, Cart: cart, Called: 1, Answered: 2}, Output{Answer: Done})
	h.Add(1, Input{Kind: Release, Cart: cart, Called: 3, Answered: 4}, Output{Answer: Done, Phase: "Released", Intent: "Release"})
	path := filepath.Join(t.TempDir(), "history.json")
	if err := h.Save(path); err != nil {
		t.Fatal(err)
	}
	again, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(h.operations, again.operations); diff != "" || h.carts[0] != again.carts[0] || h.Stock != again.Stock || h.Lag != again.Lag {
		t.Errorf("%+v became %+v\n%s", h.carts, again.carts, diff)
	}
}
