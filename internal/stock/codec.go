package stock

import (
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// The coding of a record is a CBOR sequence of two items: its kind, an unsigned integer,
// then its body, a map with integer keys in the deterministic encoding of RFC 8949. The
// golden files in testdata show one of each kind.
//
// A reader never guesses. Within one format of the journal whatever it does not know, a
// kind, a field, a phase, is damage, and so is everything that it would have to skip: a
// field that it ignored could be the one that says that units are held. New kinds and
// fields therefore raise the journal's format number, which stands in the header and keeps
// its own coding for ever; a process that meets a format it does not know neither leads
// nor answers.

// maxNesting, maxElements and maxPairs bound what a body may hold: a cart has three levels,
// and a place for each of its lines.
const (
	maxNesting  = 6
	maxElements = 1 << 17
	maxPairs    = 1 << 10
)

var (
	// ErrUnknownKind is wrapped where a record's kind is not one of this format.
	ErrUnknownKind = errors.New("kind of record unknown")
	// ErrUnknownField is wrapped where a body has a field that this format does not have.
	ErrUnknownField = errors.New("field unknown")
	// ErrUnknownPhase is wrapped where a reservation stands in no phase of this format.
	ErrUnknownPhase = errors.New("phase unknown")
)

// DecodeError says why bytes are no record.
type DecodeError struct {
	// Kind is the record's, 0 where not even that could be read.
	Kind Kind
	// Reason may wrap ErrUnknownKind, ErrUnknownField or ErrUnknownPhase.
	Reason error
}

// Error implements error.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("decode a record of kind %d: %v", e.Kind, e.Reason)
}

// Unwrap returns the reason.
func (e *DecodeError) Unwrap() error { return e.Reason }

var (
	encoding = must(cbor.CoreDetEncOptions().EncMode())
	decoding = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:   maxNesting,
		MaxArrayElements:  maxElements,
		MaxMapPairs:       maxPairs,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		// Callers' texts are kept as they came, so that coding is exactly reversible.
		UTF8: cbor.UTF8DecodeInvalid,
	}.DecMode())
)

func must[T any](mode T, err error) T {
	if err != nil {
		panic(err) // the options above are wrong: no program gets as far as its first test
	}
	return mode
}

// Encode returns the coding of a record. Equal records have equal codings.
func Encode(record Record) ([]byte, error) {
	body, err := encoding.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("encode a record of kind %d: %w", record.Kind(), err)
	}
	// Every kind is below 24, which makes it its own coding.
	return append([]byte{byte(record.Kind())}, body...), nil
}

// Decode is the inverse of Encode. It returns a pointer, such as a *Reserved, which saves
// copies of what may be large. Every error is a *DecodeError.
func Decode(encoded []byte) (Record, error) {
	if len(encoded) == 0 {
		return nil, &DecodeError{Reason: errors.New("no bytes")}
	}
	kind := Kind(encoded[0])
	record := blank(kind)
	if record == nil {
		return nil, &DecodeError{Kind: kind, Reason: ErrUnknownKind}
	}
	if err := decoding.Unmarshal(encoded[1:], record); err != nil {
		return nil, &DecodeError{Kind: kind, Reason: reason(err)}
	}
	if !phaseKnown(record) {
		return nil, &DecodeError{Kind: kind, Reason: ErrUnknownPhase}
	}
	return record, nil
}

// blank returns an empty record of a kind, nil where the kind is not known.
func blank(kind Kind) Record {
	switch kind {
	case KindTerm:
		return &Term{}
	case KindItem:
		return &ItemRecord{}
	case KindItemGone:
		return &ItemGone{}
	case KindReserved:
		return &Reserved{}
	case KindRefused:
		return &Refused{}
	case KindReleased:
		return &Released{}
	case KindConsumed:
		return &Consumed{}
	case KindExtended:
		return &Extended{}
	case KindOrdered:
		return &Ordered{}
	case KindReader:
		return &ReaderRecord{}
	case KindShown:
		return &Shown{}
	case KindCart:
		return &Cart{}
	case KindTotal:
		return &TotalRecord{}
	case KindFounded:
		return &Founded{}
	default:
		return nil
	}
}

// phaseKnown tells whether what a record says of a reservation's phase makes sense in
// this format.
func phaseKnown(record Record) bool {
	switch r := record.(type) {
	case *Reserved:
		return r.Phase == PhaseReserved
	case *Refused:
		return r.Phase == PhaseRefused
	case *Cart:
		return PhaseReserved <= r.Phase && r.Phase <= PhaseConsumed
	case *Released:
		return r.Phase.changed()
	case *Consumed:
		return r.Phase.changed()
	default:
		return true
	}
}

// changed tells whether a reservation can stand in this phase after a change.
func (p Phase) changed() bool {
	return p == PhaseReserved || p == PhaseReleased || p == PhaseConsumed
}

// reason makes the library's error for a field that is not known one of ours.
func reason(err error) error {
	var unknown *cbor.UnknownFieldError
	if errors.As(err, &unknown) {
		return fmt.Errorf("%w: %w", ErrUnknownField, err)
	}
	return err
}
