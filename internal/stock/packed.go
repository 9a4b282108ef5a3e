package stock

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
)

// A packed cart is the record that would restate it, shortened where one thing follows
// from another, behind a head that says what was shortened and how long the record is:
//
//	flags (1 byte), reason (1 byte), size of the record (2 bytes), the shortened record
//
// There may be a million of them; the longer a shop's memory, the more.
const packedHead = 4

// The flags of what was shortened.
const (
	// packedLines: each allocation is of the product, and the quantity, of the line at its
	// place.
	packedLines = 1 << iota
	// packedTimes: the times are counted from At.
	packedTimes
	// packedHash: the hash is not in hexadecimal digits.
	packedHash
	// packedCommand: the command's time is counted from At.
	packedCommand
	// packedReleased: all of each allocation was released.
	packedReleased
)

// usualReasons are those that most carts end for. A packed cart has their place, from 1.
var usualReasons = []string{ReasonReleased, ReasonExpired, "CHECKOUT_FAILED", "ORDER_CANCELLED"}

// appendPacked packs a reservation whose record takes about size bytes.
func appendPacked(to []byte, r *Reservation, size int64) []byte {
	short := *r
	var flags, reason byte
	if followsLines(r) {
		flags |= packedLines
		if allReleased(r) {
			flags |= packedReleased
		}
		short.Allocations = slices.Clone(r.Allocations)
		for i := range short.Allocations {
			a := &short.Allocations[i]
			a.Product, a.Quantity = "", 0
			if flags&packedReleased != 0 {
				a.Released = 0
			}
		}
	}
	if at := r.Command.Time; at != 0 && at != r.At && (at > 0) == (r.At > 0) {
		flags |= packedCommand
		short.Command.Time = at - r.At
	}
	if r.Expires >= r.At && r.Ended >= r.At && r.At > 0 {
		flags |= packedTimes
		short.Expires, short.Ended = r.Expires-r.At, r.Ended-r.At
	}
	if digits, err := hex.DecodeString(r.Command.Hash); err == nil && hex.EncodeToString(digits) == r.Command.Hash {
		flags |= packedHash
		short.Command.Hash = string(digits)
	}
	if i := slices.Index(usualReasons, r.Reason); i >= 0 {
		reason, short.Reason = byte(i+1), ""
	}
	to = append(to, flags, reason)
	to = binary.BigEndian.AppendUint16(to, uint16(min(size, math.MaxUint16)))
	return appendEncoded(to, &Cart{short})
}

// followsLines tells whether each line got all its units from one place.
func followsLines(r *Reservation) bool {
	if len(r.Allocations) == 0 || len(r.Allocations) != len(r.Lines) {
		return false
	}
	for i, a := range r.Allocations {
		if a.Product != r.Lines[i].Product || a.Quantity != r.Lines[i].Quantity {
			return false
		}
	}
	return true
}

func allReleased(r *Reservation) bool {
	return !slices.ContainsFunc(r.Allocations, func(a Allocation) bool { return a.Released != a.Quantity })
}

// packedSize is about what the record that restates a packed cart takes.
func packedSize(packed string) int64 { return int64(packed[2])<<8 | int64(packed[3]) }

// unpack is the inverse of appendPacked, which made the bytes.
func unpack(packed string) *Reservation {
	record, err := Decode([]byte(packed[packedHead:]))
	if err != nil {
		panic(err) // appendPacked made it: memory is damaged
	}
	r := &record.(*Cart).Reservation
	if packed[0]&packedLines != 0 {
		for i := range r.Allocations {
			a := &r.Allocations[i]
			a.Product, a.Quantity = r.Lines[i].Product, r.Lines[i].Quantity
			if packed[0]&packedReleased != 0 {
				a.Released = a.Quantity
			}
		}
	}
	if packed[0]&packedCommand != 0 {
		r.Command.Time += r.At
	}
	if packed[0]&packedTimes != 0 {
		r.Expires, r.Ended = r.Expires+r.At, r.Ended+r.At
	}
	if packed[0]&packedHash != 0 {
		r.Command.Hash = hex.EncodeToString([]byte(r.Command.Hash))
	}
	if reason := packed[1]; reason > 0 {
		r.Reason = usualReasons[reason-1]
	}
	normalize(r)
	return r
}
