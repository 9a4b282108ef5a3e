package stock

import (
	"encoding/json"
	"fmt"
)

// ParseMarks reads the marks of a header. None at all are those of a new journal.
func ParseMarks(text []byte) (Marks, error) {
	var m Marks
	if len(text) == 0 {
		return m, nil
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("the header's marks: %w", err)
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
