package events

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Hash is the SHA-256, in hex, of what the command asks for, whatever the
// namespace and however it was written: the order of fields and lines, repeated
// lines, unknown fields and the spelling of holdFor do not count. It tells a
// repeated command from another one under the same id.
func (c *ReserveInventory) Hash() string {
	items := slices.Clone(c.Items)
	slices.SortFunc(items, func(a, b Item) int { return strings.Compare(a.ProductID, b.ProductID) })
	var hold time.Duration
	if c.HoldFor != nil {
		hold = c.HoldFor.Duration
	}
	content := []any{TypeReserve, c.CartID, c.CustomerID, c.OrderID, items, hold}
	if c.Replaces != "" {
		content = append(content, c.Replaces)
	}
	canonical, err := json.Marshal(content)
	if err != nil {
		panic("events: a command that is no JSON: " + err.Error()) // strings and numbers alone: cannot fail
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}
