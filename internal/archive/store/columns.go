package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/stock"
)

func jsonOf(marks stock.Marks) (string, error) {
	text, err := json.Marshal(marks)
	if err != nil {
		return "", fmt.Errorf("encode marks: %w", err)
	}
	return string(text), nil
}

func timeOf(t stock.Time) *time.Time { return project.Time(t) }

// stockTime is the moment of a database's time, 0 for none.
func stockTime(t *time.Time) stock.Time {
	if t == nil {
		return 0
	}
	return stock.Time(t.UnixMicro())
}

// textOf is a text for a database: nil for none, and without what PostgreSQL cannot store.
func textOf[T ~string](text T) *string {
	if text == "" {
		return nil
	}
	s := storable(string(text))
	return &s
}

// storable is a text without what PostgreSQL cannot store: bytes that are no UTF-8, and NUL.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// identifiers notes the texts of ids that are no UUIDs.
type identifiers map[uuid.UUID]string

// column is what stands for an id in an array, NULL for none. Arrays of this type travel in binary
// form, where one of texts has to be printed here and parsed there.
func (i identifiers) column(id stock.ID) pgtype.UUID {
	if id == "" {
		return pgtype.UUID{}
	}
	return pgtype.UUID{Bytes: i.must(id), Valid: true}
}

// must is what stands for an id that is there.
func (i identifiers) must(id stock.ID) uuid.UUID {
	u, made := project.UUID(id)
	if made {
		i[u] = storable(string(id))
	}
	return u
}

// unnested selects one column from each array: parameters of these types, numbered from first on.
// Where it stands in a FROM, PostgreSQL stores all rows before it reads the first.
func unnested(first int, types string) string {
	var columns []string
	for i, name := range strings.Fields(types) {
		columns = append(columns, fmt.Sprintf("unnest($%d::%s[])", first+i, name))
	}
	return strings.Join(columns, ", ")
}
