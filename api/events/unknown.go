package events

import (
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// openness says what becomes of a field that the contract does not name.
type openness int

const (
	// closed refuses it: the rest of the message would mean something else without it.
	closed openness = iota
	// open ignores it, since the contract may grow, unless its name is a near miss of one
	// that is known: whoever sends that believes that it is read.
	open
)

// maxNameLength is how much of an unknown name is told, in bytes.
const maxNameLength = 64

// checkUnknown looks at the names in an object that into, a pointer to a struct, does not
// have. It tells whether none of them is refused.
func (o openness) checkUnknown(object map[string]json.RawMessage, path string, into any, v *violations) bool {
	known := fieldsOf(into)
	fine := true
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if slices.Contains(known, name) {
			continue
		}
		near := nearest(name, known)
		if o == open && !NearMiss(name, near) {
			continue
		}
		fine = false
		v.add(join(path, cut(name)), "is not known here: the nearest known field is %s", near)
	}
	return fine
}

// fieldsOf are the JSON names of the fields of a struct.
func fieldsOf(into any) []string {
	of := reflect.TypeOf(into).Elem()
	names := make([]string, 0, of.NumField())
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// nearest is the known name that takes the fewest edits.
func nearest(name string, known []string) string {
	return slices.MinFunc(known, func(a, b string) int {
		return cmp.Compare(edits(plainName(name), plainName(a)), edits(plainName(name), plainName(b)))
	})
}

// NearMiss tells whether a name is meant to be a known one: but for case and separators it
// is the same, or one letter is too many, missing, another or swapped with its neighbour.
func NearMiss(name, known string) bool { return edits(plainName(name), plainName(known)) <= 1 }

// plainName is a name in lower case without separators, and not longer than is told of it.
func plainName(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(cut(name)))
}

// edits is the optimal string alignment distance: the number of bytes to insert, delete,
// replace or swap with their neighbour.
func edits(a, b string) int {
	above, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := last[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(replaced, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], above[j-2]+1)
			}
		}
		above, last = last, row
	}
	return last[len(b)]
}

// cut shortens a name to what is told of it.
func cut(name string) string {
	if len(name) > maxNameLength {
		name = strings.ToValidUTF8(name[:maxNameLength], "") + "..."
	}
	return name
}

// join is the path of a field of the object at a path.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
