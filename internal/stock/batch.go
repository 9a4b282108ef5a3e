package stock

// Marks go into the header of every write of the journal. Each only ever rises.
type Marks struct {
	// At is the time of the newest write. No later write has an earlier one.
	At Time `json:"at,omitempty"`
	// Outcomes is the number of the newest outcome, Published that up to which all were
	// delivered.
	Outcomes  uint64 `json:"outcomes,omitempty"`
	Published uint64 `json:"published,omitempty"`
	// Forgotten is the largest of the command times and decision times of what was
	// forgotten and could be repeated.
	Forgotten Time `json:"forgotten,omitempty"`
	// Gone is the highest version that proved the object of a forgotten cart gone.
	Gone uint64 `json:"gone,omitempty"`
	// Items is the highest version of a StockItem, or of its deletion, that was taken in.
	Items uint64 `json:"items,omitempty"`
}

// Policy bounds what State keeps and what Decide writes. Retention, Limit, CompactAbove and Index
// are flags of the operator; Grace and Batch are constants of internal/operator; the allocator
// sets Through for each Decide.
type Policy struct {
	// Retention is how long a finished cart is remembered after its end.
	Retention Time
	// Grace is a duration, in microseconds. A cart is never forgotten earlier than Grace after
	// its decision and after its command's time, even at Limit. A command's time that is more
	// than Grace in the future is treated as no time.
	Grace Time
	// Limit bounds the stored bytes of the pages that count; 0 is no bound.
	Limit int64
	// CompactAbove is how large (in encoded bytes) the log may be before anything is
	// compacted.
	CompactAbove int64
	// Batch bounds the encoded bytes of one batch.
	Batch int
	// Index says what reservations can be found by. A Reserve with OneHold needs Carts.
	Index Index
	// Through is the number of a page that was lost: what counts up to it is restated
	// whatever the size of the log. 0 for none.
	Through uint64
}

// Batch is what Decide wants appended, as one write.
type Batch struct {
	// Records are encoded, together at most Policy.Batch bytes.
	Records [][]byte
	// Format is the oldest format of the journal that can say what the records say; 0 where
	// there are none.
	Format int
	// Marks and Head are what the header has to say once it has landed.
	Marks Marks
	Head  uint64
	// Answers are those to the requests, by index.
	Answers []Answer
	// Restated is how many of the records compaction has added.
	Restated int
}

// Write is what the journal stored: one write, or several that follow each other on one
// page, with the header of the last.
type Write struct {
	// Page is the number of the page that the records stand on.
	Page uint64
	// Head is the number of the first page that counts from here on.
	Head  uint64
	Marks Marks
	// Records are the encoded records that this write adds.
	Records [][]byte
	// Stored is the size of the page's blob after the write.
	Stored int64
}
