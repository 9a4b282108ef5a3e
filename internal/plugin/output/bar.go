package output

import "strings"

// barCells is how wide a bar is.
const barCells = 10

// Bar draws how a whole is made up: parts are drawn in the order in which they are given, and
// what is left of the whole at the end. A part that is not 0 takes a cell, if there is one.
func (s Screen) Bar(whole int64, parts ...int64) string {
	fills, rest := []string{"█", "▒", "░"}, "·"
	if !s.Unicode {
		fills, rest = []string{"#", "=", "-"}, "."
	}
	var b strings.Builder
	left := barCells
	for i, part := range parts {
		cells := 0
		if whole > 0 && part > 0 {
			// In floating point, since units reach 1e15.
			cells = min(left, max(1, int(float64(part)/float64(whole)*barCells+0.5)))
		}
		b.WriteString(strings.Repeat(fills[i%len(fills)], cells))
		left -= cells
	}
	b.WriteString(strings.Repeat(rest, left))
	return b.String()
}
