package stock

// newestFormat is the newest of those that number what a journal may say. A process that knows only older formats than that of
// a page neither leads nor answers, so records say no more than they have to.
//
// Format 1 is that of the first journal. Format 2 adds that a StockItem
// takes over, waits or is not counted, that holds are extended, who released and consumed, and restores.
const newestFormat = 2

// FormatOf returns the oldest format of the journal in which a record can be read as it is
// meant: a reader of that format knows all of its fields, and keeps all that it states.
func FormatOf(record Record) int {
	later := false
	switch r := pointerTo(record).(type) {
	case *ItemRecord:
		later = r.TakesOver || r.Waits || r.Untracked
	case *Reserved:
		later = r.needsFormat2()
	case *Refused:
		later = r.needsFormat2()
	case *Cart:
		later = r.needsFormat2()
	case *Extended:
		later = true // a reader of format 1 forgets what the decision granted
	case *RestoreRecord:
		later = true // a reader of format 1 does not know of restores
	}
	if later {
		return newestFormat
	}
	return 1
}

// needsFormat2 tells whether a reservation has fields that format 1 does not know.
func (r *Reservation) needsFormat2() bool {
	return r.FirstExpires != 0 || r.ReleasedBy != "" || r.ConsumedBy != ""
}
