package stock

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// ParseMarks reads the marks of a header. None at all are those of a new journal.
func ParseMarks(text []byte) (Marks, error) {
	var m Marks
	if len(text) == 0 {
		return m, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields() // whatever is unknown within a format is damage
	if err := decoder.Decode(&m); err != nil {
		return m, fmt.Errorf("the header's marks: %w", err)
	}
	if decoder.More() {
		return m, errors.New("the header's marks: something follows them")
	}
	return m, nil
}

// JSON is what ParseMarks reads.
func (m Marks) JSON() json.RawMessage {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // numbers are always JSON
	}
	return text
}
