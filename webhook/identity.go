package webhook

import (
	"encoding/binary"
	"net/http"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/forward"
)

// idempotencySource stands for the source of a command that came over plain HTTP
// with an Idempotency-Key.
const idempotencySource = "urn:acme:inventory:idempotency-key"

// maxIdempotencyKey is the length bound of an Idempotency-Key.
const maxIdempotencyKey = 256

// commandNamespace is the namespace of the UUIDs that commands get. It must never
// change: repeated commands would not be told any more.
var commandNamespace = uuid.MustParse("6f0f4e0c-5d0b-5c0e-9b55-2f1c5d0a7a11")

// identity tells a command from all others. Without a source the id is a random
// UUID.
type identity struct{ source, id string }

// maxCommandText is how long a source or an id can be, in characters: the bound of a
// Reservation's spec.command, which shows them.
const maxCommandText = 2048

// check refuses what no Reservation could show, and the source of those who name none.
func (i identity) check() error {
	if i.source == idempotencySource {
		return events.Invalid("source", "is reserved for commands without one: use one of your own")
	}
	for field, text := range map[string]string{"source": i.source, "id": i.id} {
		if utf8.RuneCountInString(text) > maxCommandText {
			return events.Invalid(field, "must have at most %d characters", maxCommandText)
		}
	}
	return nil
}

// uuid is the same for the same source and id. The source's length goes first, so
// that no two pairs read alike.
func (i identity) uuid() string {
	if i.source == "" {
		return i.id
	}
	name := binary.BigEndian.AppendUint64(nil, uint64(len(i.source)))
	name = append(append(name, i.source...), i.id...)
	return uuid.NewSHA1(commandNamespace, name).String()
}

// plainIdentity is the identity of a command over plain HTTP: that of its
// Idempotency-Key, or one that it is given.
func plainIdentity(x *exchange, header http.Header) (identity, error) {
	keys := header.Values("Idempotency-Key")
	if len(keys) == 0 {
		return givenIdentity(x, header)
	}
	if len(keys) > 1 || !isKey(keys[0]) {
		f := fail(invalid, "the header Idempotency-Key must be given once and have 1 to %d printable ASCII characters", maxIdempotencyKey)
		return identity{}, f
	}
	return identity{source: idempotencySource, id: keys[0]}, nil
}

// givenIdentity gives a command an id for as long as it is served. One that was forwarded
// has got it where it was taken in, and keeps it: it may come again after a lost answer.
func givenIdentity(x *exchange, header http.Header) (identity, error) {
	if x.given != "" {
		return identity{id: x.given}, nil
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return identity{}, err
	}
	if named := header.Get(forward.HeaderID); x.received && named != "" {
		// Only such ids are ever given: the others belong to objects' names and commands.
		if id, err = uuid.Parse(named); err != nil || id.Version() != 4 || id.String() != named {
			return identity{}, fail(invalid, "the header %s must be a random UUID", forward.HeaderID)
		}
	}
	x.given = id.String()
	return identity{id: x.given}, nil
}

func isKey(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= maxIdempotencyKey
}
