package stock

import (
	"encoding/hex"
	"errors"

	"github.com/fxamacker/cbor/v2"
)

// uuidText is the length of a UUID in canonical form, uuidBytes that of its value, and
// uuidHead the CBOR head of a byte string of that length.
const (
	uuidText  = 36
	uuidBytes = 16
	uuidHead  = 0x40 | uuidBytes
)

// errIDForm says that an ID is coded in a way in which Encode codes none.
var errIDForm = errors.New("an id is a text, or 16 bytes if it is a UUID in canonical form")

// uuid returns the value of an ID that is a UUID in canonical form: lower case.
func (id ID) uuid() (value [uuidBytes]byte, ok bool) {
	if len(id) != uuidText {
		return value, false
	}
	at := 0
	for i := 0; i < uuidText; i++ {
		if hyphenAt(i) {
			if id[i] != '-' {
				return value, false
			}
			continue
		}
		high, low := nibble[id[i]], nibble[id[i+1]]
		if high|low > 0xf {
			return value, false
		}
		value[at] = high<<4 | low
		at++
		i++
	}
	return value, true
}

// nibble is the value of each lower-case hexadecimal digit, 0xff for other bytes.
var nibble = func() (values [256]byte) {
	for i := range values {
		values[i] = 0xff
	}
	for value, digit := range []byte("0123456789abcdef") {
		values[digit] = byte(value)
	}
	return values
}()

func hyphenAt(i int) bool { return i == 8 || i == 13 || i == 18 || i == 23 }

// uuidID returns the canonical form of a UUID.
func uuidID(value []byte) ID {
	var text [uuidText]byte
	hex.Encode(text[0:8], value[0:4])
	hex.Encode(text[9:13], value[4:6])
	hex.Encode(text[14:18], value[6:8])
	hex.Encode(text[19:23], value[8:10])
	hex.Encode(text[24:36], value[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return ID(text[:])
}

// MarshalCBOR implements cbor.Marshaler, for those who read records with code of their own.
func (id ID) MarshalCBOR() ([]byte, error) {
	if value, ok := id.uuid(); ok {
		return append([]byte{uuidHead}, value[:]...), nil
	}
	return cbor.Marshal(string(id))
}

// UnmarshalCBOR implements cbor.Unmarshaler. A UUID that is coded as a text is an error:
// no two codings mean the same.
func (id *ID) UnmarshalCBOR(encoded []byte) error {
	if len(encoded) == 1+uuidBytes && encoded[0] == uuidHead {
		*id = uuidID(encoded[1:])
		return nil
	}
	var text string
	if err := cbor.Unmarshal(encoded, &text); err != nil {
		return err
	}
	if _, ok := ID(text).uuid(); ok {
		return errIDForm
	}
	*id = ID(text)
	return nil
}

var (
	_ cbor.Marshaler   = ID("")
	_ cbor.Unmarshaler = (*ID)(nil)
)
