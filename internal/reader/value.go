package reader

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	// Unregistered is the value of the annotation of a reader that wants nothing any more.
	Unregistered = "unregister"
	// everything is that of one which has read nothing yet.
	everything = "all"
	// maxValue bounds a value, in bytes.
	maxValue = 64
)

// ErrName says that a name is none of a reader.
var ErrName = errors.New("no name of a reader")

// ValidName tells what is wrong with the name of a reader, nil if nothing is.
func ValidName(name string) error {
	if len(name) > stock.MaxReaderName || len(validation.IsDNS1123Label(name)) > 0 {
		return fmt.Errorf("%.80q is %w: give lower case letters, digits and hyphens, at most %d", name, ErrName, stock.MaxReaderName)
	}
	return nil
}

// Value is the annotation's value of a reader that has read up to a position.
func Value(at allocator.Position) string {
	if at == (allocator.Position{}) {
		return everything
	}
	return at.String()
}

// ParseValue reads the value of the annotation: how far the reader has read, or that it wants
// nothing any more.
func ParseValue(text string) (at allocator.Position, unregistered bool, err error) {
	switch {
	case text == Unregistered:
		return at, true, nil
	case text == everything:
		return at, false, nil
	case text == "" || len(text) > maxValue:
		return at, false, fmt.Errorf("%.80q is no position: give one such as 3f2a91bc.12.340, %q for all that there is, or %q", text, everything, Unregistered)
	}
	at, err = allocator.ParsePosition(text)
	return at, false, err
}
