package stock

import (
	"cmp"
	"maps"
	"slices"
)

// A method or function for each type of field.

func (c *coder) id(key uint64, value *ID) {
	if !c.field(key, *value == "") {
		return
	}
	if c.reading {
		*value = c.readID()
		c.read(*value == "")
		return
	}
	if uuid, ok := value.uuid(); ok {
		c.buf = append(append(c.buf, uuidHead), uuid[:]...)
		return
	}
	c.writeText(string(*value))
}

// readID reads 16 bytes or a text. A UUID has no business in a text.
func (c *coder) readID() ID {
	if len(c.buf) > uuidBytes && c.buf[0] == uuidHead {
		id := uuidID(c.buf[1 : 1+uuidBytes])
		c.buf = c.buf[1+uuidBytes:]
		return id
	}
	id := ID(c.readText())
	if _, ok := id.uuid(); ok {
		c.fail(errIDForm)
	}
	return id
}

func (c *coder) writeText(text string) {
	c.writeHead(majorText, uint64(len(text)))
	c.buf = append(c.buf, text...)
}

func (c *coder) readText() string { return string(c.readBytes(c.readNumber(majorText))) }

func (c *coder) text(key uint64, value *string) {
	if !c.field(key, *value == "") {
		return
	}
	if c.reading {
		*value = c.readText()
		c.read(*value == "")
		return
	}
	c.writeText(*value)
}

func (c *coder) flag(key uint64, value *bool) {
	if !c.field(key, !*value) {
		return
	}
	if !c.reading {
		c.buf = append(c.buf, simpleTrue)
		return
	}
	if *value = len(c.buf) > 0 && c.buf[0] == simpleTrue; !*value {
		c.fail(errType)
		return
	}
	c.buf = c.buf[1:]
	c.read(false)
}

// unsigned codes a number that has at most so many bits.
func unsigned[T ~uint8 | ~uint64](c *coder, key uint64, value *T) {
	if !c.field(key, *value == 0) {
		return
	}
	if !c.reading {
		c.writeHead(majorUint, uint64(*value))
		return
	}
	n := c.readNumber(majorUint)
	if *value = T(n); uint64(*value) != n {
		c.fail(errSize)
	}
	c.read(n == 0)
}

// signed codes a number that may be negative.
func signed[T ~int32 | ~int64](c *coder, key uint64, value *T) {
	if !c.field(key, *value == 0) {
		return
	}
	if !c.reading {
		if n := int64(*value); n < 0 {
			c.writeHead(majorMinus, uint64(^n))
		} else {
			c.writeHead(majorUint, uint64(n))
		}
		return
	}
	*value = T(c.readSigned())
	c.read(*value == 0)
}

func (c *coder) readSigned() int64 {
	major, n := c.readHead()
	signed := int64(n)
	switch {
	case major != majorUint && major != majorMinus:
		c.fail(errType)
	case signed < 0:
		c.fail(errSize)
	case major == majorMinus:
		return ^signed
	}
	return signed
}

// nested codes a map of fields that is itself a field.
func nested[T comparable](c *coder, key uint64, value *T, fields func(*T, *coder)) {
	var zero T
	if !c.field(key, *value == zero) {
		return
	}
	object(c, value, fields)
	if c.reading {
		c.read(*value == zero)
	}
}

// list codes an array of maps of fields.
func list[T any](c *coder, key uint64, values *[]T, fields func(*T, *coder)) {
	if !c.field(key, len(*values) == 0) {
		return
	}
	if c.reading {
		// Each takes a byte at least: no array is made for what is not there.
		n := c.readNumber(majorArray)
		if n > min(maxInArray, uint64(len(c.buf))) {
			c.fail(errSize)
			return
		}
		*values = make([]T, n)
	} else {
		c.writeHead(majorArray, uint64(len(*values)))
	}
	for i := range *values {
		object(c, &(*values)[i], fields)
	}
	if c.reading {
		c.read(len(*values) == 0)
	}
}

// texts codes a map of texts, whose keys are in the order of their codings: the shorter
// first.
func (c *coder) texts(key uint64, values *map[string]string) {
	if !c.field(key, len(*values) == 0) {
		return
	}
	if !c.reading {
		c.writeHead(majorMap, uint64(len(*values)))
		for _, name := range slices.SortedFunc(maps.Keys(*values), byCoding) {
			c.writeText(name)
			c.writeText((*values)[name])
		}
		return
	}
	n := c.readNumber(majorMap)
	if n > uint64(len(c.buf)/2) {
		c.fail(errSize)
		return
	}
	*values = make(map[string]string, n)
	last := ""
	for i := range n {
		name := c.readText()
		if i > 0 && byCoding(last, name) >= 0 {
			c.fail(errCanonical)
		}
		(*values)[name] = c.readText()
		last = name
	}
	c.read(n == 0)
}

func byCoding(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }
