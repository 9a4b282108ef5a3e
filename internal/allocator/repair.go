package allocator

import (
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// restate appends more of what this process knows of a damaged journal to the one that
// replaces it: a batch of facts, from where the last one ended. What is said last names
// the journal that is replaced.
func (a *Allocator) restate(now time.Time) []Effect {
	batch := journal.Batch{Marks: a.stock.Marks().JSON(), Complete: true}
	size := 0
	for fact := range a.stock.FactsFrom(a.log.Restated()) {
		if size >= a.policy.Batch {
			batch.Complete = false
			break
		}
		size += restateRecord(&batch, fact)
	}
	if batch.Complete {
		at := max(a.stock.Marks().At, micros(now))
		restateRecord(&batch, &stock.Founded{Replaces: a.log.Damage().Journal.Journal, At: at})
	}
	return a.take(a.log.Append(batch))
}

// restateRecord adds a record to a batch and returns its size.
func restateRecord(batch *journal.Batch, record stock.Record) int {
	encoded, err := stock.Encode(record)
	if err != nil {
		panic(err) // it is a record of that package
	}
	batch.Records, batch.Format = append(batch.Records, encoded), max(batch.Format, stock.FormatOf(record))
	return len(encoded)
}
