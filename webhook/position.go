package webhook

import (
	"net/http"

	"github.com/acme/inventory-service/internal/allocator"
)

// headerPosition says up to where in the journal an answer includes what was decided. A
// request that sends it back is answered by a State that includes as much.
const headerPosition = "Inventory-Position"

// requestedPosition is what a request says that it has seen.
func requestedPosition(header http.Header) (allocator.Position, error) {
	values := header.Values(headerPosition)
	if len(values) > 1 {
		return allocator.Position{}, fail(invalid, "the header %s must be given once", headerPosition)
	}
	position, err := allocator.ParsePosition(header.Get(headerPosition))
	if err != nil {
		return position, fail(invalid, "the header %s cannot be read: %s", headerPosition, clip(err.Error(), 200))
	}
	return position, nil
}

// tellPosition says what an answer includes. It is read after the answer was made: too late
// a position makes a query wait in vain, too early a one lets it see less than before.
func (x *exchange) tellPosition() {
	if x.journal == nil {
		return
	}
	if position := x.journal.Position().String(); position != "" {
		x.Header().Set(headerPosition, position)
	}
}
