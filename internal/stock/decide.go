package stock

// requestShare is the part of a batch that requests may fill while the log needs
// compaction: one third.
const requestShare = 3

// draft is a batch that is being decided.
type draft struct {
	state  *State
	policy Policy
	now    Time
	page   *page
	batch  Batch
	// used are the encoded bytes of the batch's records, room how many there may be.
	used, room int
	// full says that a request did not fit: those after it wait too.
	full bool
	// unread is the first page that waits for somebody who has not read it.
	unread uint64
	// refusing says that the log is at its bound.
	refusing bool
}

// Decide decides requests in their order, each as if those before it had landed. It returns the
// answers, and the records to append to the page of this number. State is unchanged afterwards,
// but changes meanwhile: no query may run beside Decide. now is the caller's clock; if it is
// behind the newest write, the time of that write counts.
func Decide(s *State, requests []Request, now Time, page uint64, p Policy) Batch {
	now = max(now, s.marks.At)
	level, compacting := s.needsCompaction(p, s.unread(p), now)
	s.tentative = true
	defer s.rollBack()
	d := &draft{state: s, policy: p, now: now, page: s.pageAt(page), room: p.Batch}
	d.batch = Batch{Marks: s.marks, Head: s.head, Answers: make([]Answer, len(requests))}
	d.batch.Marks.At = now
	d.refusing = p.Limit > 0 && s.storedSoon() >= p.Limit
	if compacting {
		d.room = p.Batch / requestShare
	}
	for i, request := range requests {
		d.batch.Answers[i] = d.decide(request)
	}
	d.room = p.Batch
	d.unread = s.unread(p) // whoever has come in this batch is waited for, too
	if !compacting {
		level, compacting = s.needsCompaction(p, d.unread, now)
	}
	if compacting {
		d.compact(level)
	}
	return d.batch
}

// decide decides one request.
func (d *draft) decide(request Request) Answer {
	if d.full {
		return Answer{Verdict: Later}
	}
	answer := d.answer(request)
	d.full = answer.Verdict == Later
	return answer
}

func (d *draft) answer(request Request) Answer {
	if d.state.HoldsBack() && aboutCarts(request) {
		return Answer{Verdict: Waiting}
	}
	switch r := request.(type) {
	case Reserve:
		return d.reserve(r)
	case Release:
		return d.release(r)
	case Consume:
		return d.consume(r)
	case Extend:
		return d.extend(r)
	case Attach:
		return d.attach(r)
	case Expire:
		return d.expire(r)
	case PutItem:
		return d.putItem(r)
	case ShowItem:
		return d.showItem(r)
	case DropItem:
		return d.dropItem(r)
	case Show:
		return d.show(r)
	case Register:
		return d.register(r)
	case ReadPages:
		return d.readPages(r)
	case LeavePages:
		return d.leavePages(r)
	case Publish:
		return d.publish(r)
	case Restore:
		return d.restore(r)
	case WaiveRestore:
		return d.waiveRestore()
	default:
		return Answer{Verdict: Unknown}
	}
}

// write adds records to the batch and applies them for the time being, all or none. Done
// says that it did; it is Later where the batch has no room left, and TooLarge where no
// batch has.
func (d *draft) write(records ...Record) Verdict {
	all, bytes := make([][]byte, len(records)), 0
	for i, record := range records {
		encoded, err := Encode(record)
		if err != nil {
			return TooLarge
		}
		all[i] = encoded
		bytes += len(encoded)
	}
	if bytes > d.policy.Batch {
		return TooLarge
	}
	if !d.fits(bytes) {
		return Later
	}
	for i, record := range records {
		d.add(record, all[i])
	}
	return Done
}

// fits tells whether the batch has room. What is written first it always has room for.
func (d *draft) fits(bytes int) bool {
	return d.used == 0 || d.used+bytes <= d.room
}

func (d *draft) add(record Record, encoded []byte) {
	d.used += len(encoded)
	d.batch.Records = append(d.batch.Records, encoded)
	d.batch.Format = max(d.batch.Format, FormatOf(record))
	d.state.apply(d.page, record, int64(len(encoded)))
}

// about is an answer that comes with the reservation as it stands now.
func (d *draft) about(verdict Verdict, id ID) Answer {
	r, _ := d.state.Reservation(id)
	return Answer{Verdict: verdict, Reservation: r}
}
