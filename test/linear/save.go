package linear

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

// saved is a history as it is kept in a file.
type saved struct {
	Stock      Units
	Products   int
	Lag        time.Duration
	Carts      []savedCart
	Operations []savedOperation
}

type savedCart struct {
	Cart
	Ended int64
}

type savedOperation struct {
	Client       int
	Call, Return int64
	In           Input
	Out          Output
}

// Save writes all that was recorded to a file, for Load.
func (h *History) Save(path string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := saved{Stock: h.Stock, Products: h.Products, Lag: h.Lag}
	for _, c := range h.carts {
		all.Carts = append(all.Carts, savedCart{Cart: c, Ended: c.ended})
	}
	for _, o := range h.operations {
		all.Operations = append(all.Operations, savedOperation{o.ClientId, o.Call, o.Return, o.Input.(Input), o.Output.(Output)})
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// Load reads a history that was saved, to check it again.
func Load(path string) (*History, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all saved
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s is no saved history: %w", path, err)
	}
	h := &History{Stock: all.Stock, Products: all.Products, Lag: all.Lag}
	for _, c := range all.Carts {
		c.ended = c.Ended
		h.carts = append(h.carts, c.Cart)
	}
	for _, o := range all.Operations {
		h.operations = append(h.operations, porcupine.Operation{ClientId: o.Client, Call: o.Call, Return: o.Return, Input: o.In, Output: o.Out})
	}
	return h, nil
}
