package stock

// Decide applies each decision to State, so that later requests of the batch see it, and takes
// all of them back before it returns. Whatever Decide may change goes through save, put or
// remove, which remember the old value. Changes that only Apply makes (settle, settleEnds,
// moveHead, dropPage, dropCart, dropTotal, dropReader) do not; allocate and offer undo their own
// lend.

// save remembers a value that is about to change.
func save[T any](s *State, at *T) {
	if !s.tentative {
		return
	}
	old := *at
	s.undo = append(s.undo, func() { *at = old })
}

// put sets an entry of one of State's maps.
func put[K comparable, V any](s *State, m map[K]V, key K, value V) {
	saveEntry(s, m, key)
	m[key] = value
}

// remove deletes an entry of one of State's maps.
func remove[K comparable, V any](s *State, m map[K]V, key K) {
	saveEntry(s, m, key)
	delete(m, key)
}

func saveEntry[K comparable, V any](s *State, m map[K]V, key K) {
	if !s.tentative {
		return
	}
	old, was := m[key]
	s.undo = append(s.undo, func() {
		if was {
			m[key] = old
		} else {
			delete(m, key)
		}
	})
}

// rollBack takes all tentative changes back.
func (s *State) rollBack() {
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
	clear(s.undo)
	s.undo, s.tentative = s.undo[:0], false
}
