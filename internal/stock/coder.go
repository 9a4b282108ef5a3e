package stock

import (
	"encoding/binary"
	"errors"
	"math"
)

// The major types of CBOR that records use.
const (
	majorUint   byte = 0 << 5
	majorMinus  byte = 1 << 5
	majorBytes  byte = 2 << 5
	majorText   byte = 3 << 5
	majorArray  byte = 4 << 5
	majorMap    byte = 5 << 5
	majorMask   byte = 7 << 5
	simpleTrue  byte = 0xf5
	maxFields        = 23 // a map of fields has a head of one byte
	maxInArray       = 1 << 17
	headOneByte      = 24
	headTwo          = 25
	headFour         = 26
	headEight        = 27
)

var (
	errShort     = errors.New("bytes are missing")
	errType      = errors.New("a value of another type was expected")
	errCanonical = errors.New("not the deterministic encoding")
	errSize      = errors.New("too large")
	errTrailing  = errors.New("bytes are left over")
)

// coder goes over the fields of a record in the order of their keys, and either writes
// them or reads them: one list of fields serves both directions, so they cannot differ. A
// field that is zero is left out. What a coder reads it would write again byte by byte:
// anything else is an error.
type coder struct {
	reading bool
	// buf is what was written so far, or what is left to read.
	buf []byte
	err error
	// pairs are those of the map at hand: written, or left to read. key is the next to read.
	pairs int
	key   uint64
}

// fail notes the first error, after which nothing more is read.
func (c *coder) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.buf, c.pairs = nil, 0
}

// writeHead writes the head of a value: its major type and a number.
func (c *coder) writeHead(major byte, n uint64) {
	switch {
	case n < headOneByte:
		c.buf = append(c.buf, major|byte(n))
	case n <= math.MaxUint8:
		c.buf = append(c.buf, major|headOneByte, byte(n))
	case n <= math.MaxUint16:
		c.buf = binary.BigEndian.AppendUint16(append(c.buf, major|headTwo), uint16(n))
	case n <= math.MaxUint32:
		c.buf = binary.BigEndian.AppendUint32(append(c.buf, major|headFour), uint32(n))
	default:
		c.buf = binary.BigEndian.AppendUint64(append(c.buf, major|headEight), n)
	}
}

// readHead reads the head of any value.
func (c *coder) readHead() (major byte, n uint64) {
	if len(c.buf) == 0 {
		c.fail(errShort)
		return 0, 0
	}
	major, n = c.buf[0]&majorMask, uint64(c.buf[0]&^majorMask)
	c.buf = c.buf[1:]
	if n < headOneByte {
		return major, n
	}
	size, least := 1<<(n-headOneByte), uint64(headOneByte)
	switch {
	case n > headEight:
		c.fail(errType)
		return 0, 0
	case len(c.buf) < size:
		c.fail(errShort)
		return 0, 0
	case size > 1:
		least = 1 << (4 * size)
	}
	n = 0
	for _, b := range c.buf[:size] {
		n = n<<8 | uint64(b)
	}
	c.buf = c.buf[size:]
	if n < least {
		c.fail(errCanonical)
		return 0, 0
	}
	return major, n
}

// readNumber reads the head of a value that has to be of one major type.
func (c *coder) readNumber(major byte) uint64 {
	got, n := c.readHead()
	if c.err == nil && got != major {
		c.fail(errType)
	}
	if c.err != nil {
		return 0
	}
	return n
}

// readBytes reads what follows a head.
func (c *coder) readBytes(n uint64) []byte {
	if n > uint64(len(c.buf)) {
		c.fail(errShort)
		return nil
	}
	read := c.buf[:n]
	c.buf = c.buf[n:]
	return read
}

// field tells whether the value of a field is to be coded now: it is not zero, or it is
// the next one.
func (c *coder) field(key uint64, zero bool) bool {
	if c.reading {
		return c.pairs > 0 && c.key == key
	}
	if !zero {
		c.writeHead(majorUint, key)
		c.pairs++
	}
	return !zero
}

// read ends the reading of a field. A value that is zero should have been left out.
func (c *coder) read(zero bool) {
	if zero {
		c.fail(errCanonical)
	}
	if c.pairs == 0 {
		return
	}
	last := c.key
	if c.pairs--; c.pairs > 0 {
		if c.key = c.readNumber(majorUint); c.key <= last {
			c.fail(errCanonical)
		}
	}
}

// object codes a map of fields.
func object[T any](c *coder, value *T, fields func(*T, *coder)) {
	pairs, key := c.pairs, c.key
	if c.reading {
		readObject(c, value, fields)
	} else {
		c.pairs = 0
		at := len(c.buf)
		c.buf = append(c.buf, 0)
		fields(value, c)
		c.buf[at] = majorMap | byte(c.pairs)
	}
	c.pairs, c.key = pairs, key
}

func readObject[T any](c *coder, value *T, fields func(*T, *coder)) {
	n := c.readNumber(majorMap)
	if n > maxFields {
		c.fail(errSize)
		return
	}
	if c.pairs = int(n); n > 0 {
		c.key = c.readNumber(majorUint)
	}
	fields(value, c)
	if c.pairs > 0 {
		c.fail(ErrUnknownField)
	}
}
