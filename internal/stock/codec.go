package stock

import (
	"errors"
	"fmt"
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

var (
	// ErrUnknownKind says that a record's kind is none of this format.
	ErrUnknownKind = errors.New("kind of record unknown")
	// ErrUnknownField says that a body has a field that this format does not have.
	ErrUnknownField = errors.New("field unknown")
	// ErrUnknownPhase says that a reservation stands in no phase of this format.
	ErrUnknownPhase = errors.New("phase unknown")
)

// usualBytes is what most records have room in.
const usualBytes = 256

// DecodeError says why bytes are no record.
type DecodeError struct {
	// Kind is the record's, 0 where not even that could be read.
	Kind Kind
	// Reason may be ErrUnknownKind, ErrUnknownField or ErrUnknownPhase.
	Reason error
}

// Error implements error.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("decode a record of kind %d: %v", e.Kind, e.Reason)
}

// Unwrap returns the reason.
func (e *DecodeError) Unwrap() error { return e.Reason }

// coded is a record that can be coded: a pointer to one.
type coded interface {
	Record
	fields(c *coder)
}

// Encode returns the coding of a record, or of a pointer to one. Equal records have equal
// codings. It fails for what is no record of this package.
func Encode(record Record) ([]byte, error) {
	pointer := pointerTo(record)
	if pointer == nil {
		return nil, fmt.Errorf("encode a %T: %w", record, ErrUnknownKind)
	}
	return encode(pointer), nil
}

func encode(record coded) []byte { return appendEncoded(make([]byte, 0, usualBytes), record) }

func appendEncoded(to []byte, record coded) []byte {
	// Every kind is below 24, which makes it its own coding.
	c := &coder{buf: append(to, byte(record.Kind()))}
	object(c, &record, codedFields)
	return c.buf
}

func codedFields(record *coded, c *coder) { (*record).fields(c) }

// Decode is the inverse of Encode. It returns a pointer, such as a *Reserved, which saves
// copies of what may be large. Every error is a *DecodeError.
func Decode(encoded []byte) (Record, error) {
	if len(encoded) == 0 {
		return nil, &DecodeError{Reason: errShort}
	}
	kind := Kind(encoded[0])
	record := blank(kind)
	if record == nil {
		return nil, &DecodeError{Kind: kind, Reason: ErrUnknownKind}
	}
	c := &coder{reading: true, buf: encoded[1:]}
	object(c, &record, codedFields)
	switch {
	case c.err != nil:
		return nil, &DecodeError{Kind: kind, Reason: c.err}
	case len(c.buf) > 0:
		return nil, &DecodeError{Kind: kind, Reason: errTrailing}
	case !phaseKnown(record):
		return nil, &DecodeError{Kind: kind, Reason: ErrUnknownPhase}
	}
	return record, nil
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
	case *RestoreRecord:
		return RestoreAwaited <= r.Stage && r.Stage <= RestoreWaived
	default:
		return true
	}
}

// changed tells whether a reservation can stand in this phase after a change.
func (p Phase) changed() bool {
	return p == PhaseReserved || p == PhaseReleased || p == PhaseConsumed
}
