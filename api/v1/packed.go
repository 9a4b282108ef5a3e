package v1

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// The entries of a journal are strings that hold JSON: to the API server, which
// copies, checks and prunes every object and list that it knows of, each is one value.
// `kubectl get stockledger default -o json | jq '.status.inFlight[] | fromjson'` shows
// them as they are.

// pack makes such a string.
func pack(entry any) ([]byte, error) {
	text, err := json.Marshal(entry, packing)
	if err != nil {
		return nil, fmt.Errorf("pack a journal entry: %w", err)
	}
	return jsontext.AppendQuote(nil, text)
}

// packing is how entries are written and read: to the byte as encoding/json does, so
// that a digest of them is the same in every version of the operator.
var packing = jsonv1.DefaultOptionsV1()

// unpack reads such a string. One that was edited into nonsense leaves the entry empty
// and is no error, or one bad entry would end every watch of ledgers: that it was
// edited shows in the ledger's token.
func unpack[T any](text []byte, into *T) error {
	var inner string
	var entry T
	if json.Unmarshal(text, &inner, packing) == nil && json.Unmarshal([]byte(inner), &entry, packing) == nil {
		*into = entry
	}
	return nil
}

// plainHold and plainMember are the entries without their packing.
type (
	plainHold   InFlightHold
	plainMember FoldedReservation
)

// MarshalJSON packs the hold into a string.
func (h InFlightHold) MarshalJSON() ([]byte, error) { return pack(plainHold(h)) }

// UnmarshalJSON leaves the hold empty where the text is none.
func (h *InFlightHold) UnmarshalJSON(text []byte) error { return unpack(text, (*plainHold)(h)) }

// MarshalJSON packs the member into a string.
func (r FoldedReservation) MarshalJSON() ([]byte, error) { return pack(plainMember(r)) }

// UnmarshalJSON leaves the member empty where the text is none.
func (r *FoldedReservation) UnmarshalJSON(text []byte) error {
	return unpack(text, (*plainMember)(r))
}
