package ledger

// Figures are the units accounted under one Key.
type Figures struct {
	// Reserved are promised and still on hand.
	Reserved int64
	// Consumed were shipped, ever.
	Consumed int64
}

// Figures returns the figures of all Keys that have any units, for comparison
// with what they are derived from.
func (l *Ledger) Figures() map[Key]Figures {
	all := make(map[Key]Figures, len(l.shelves))
	for key, s := range l.shelves {
		if s.reserved != 0 || s.consumed != 0 {
			all[key] = Figures{Reserved: s.reserved, Consumed: s.consumed}
		}
	}
	return all
}
