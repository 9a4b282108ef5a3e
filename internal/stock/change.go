package stock

// The reasons that this package gives itself.
const (
	// ReasonReleased is that of a release which gave none.
	ReasonReleased = "Released"
	// ReasonExpired is that of a hold that ran out.
	ReasonExpired = "EXPIRED"
	// ReasonReplaced is that of a hold whose place another one of its cart took.
	ReasonReplaced = "REPLACED"
)

// MaxExtension is how long after now a hold may last when it is extended.
const MaxExtension = 24 * 60 * 60 * second

// maxReason bounds the text of a reason, so that what ends a hold always fits.
const maxReason = 64

// MaxActor bounds the name of who asks, in bytes: that of any ServiceAccount has fewer.
const MaxActor = 400

// maxActor is MaxActor, or less where batches are so small that two of them would take much of one.
func (p Policy) maxActor() int { return min(MaxActor, p.Batch/640) }

// release gives units back. Units that were shipped stay so; any end after a release is
// what was asked for.
func (d *draft) release(request Release) Answer {
	r, ok := d.state.Reservation(request.Reservation)
	if !ok {
		return Answer{Verdict: Unknown}
	}
	if len(request.Reason) > maxReason || len(request.Actor) > d.policy.maxActor() {
		return Answer{Verdict: TooLarge, Reservation: r}
	}
	if r.Phase.Ended() {
		verdict := releasedBefore(r, request.Parts)
		if verdict == Repeated && request.Exact && r.Phase != PhaseRefused && exceeds(r, request.Parts, ship) {
			verdict = TooMany
		}
		return Answer{Verdict: verdict, Reservation: r}
	}
	if request.Exact && exceeds(r, request.Parts, ship) {
		return Answer{Verdict: TooMany, Reservation: r}
	}
	if contradicts(r, request.Parts, giveBack) {
		return Answer{Verdict: Contradicting, Reservation: r}
	}
	next := changeOf(r, request.Actor, d.now)
	if len(request.Parts) == 0 {
		next.giveBackAll(request.Reason)
	} else if !next.raise(request.Parts, giveBack) {
		return Answer{Verdict: Repeated, Reservation: r}
	}
	next.finish(request.Reason)
	return Answer{Verdict: d.write(&Released{next.Change})}.with(d, r.ID)
}

// releasedBefore is the answer to the release of what has ended.
func releasedBefore(r *Reservation, parts []Part) Verdict {
	if r.Phase != PhaseConsumed || lapsed(r) || (len(parts) > 0 && givenBack(r, parts)) {
		return Repeated
	}
	return Conflicting
}

// lapsed tells whether units of a consumed reservation went back on sale without being
// named: it ran out, or was released as a whole.
func lapsed(r *Reservation) bool { return r.Phase == PhaseConsumed && r.Reason != "" }

// consume ships units.
func (d *draft) consume(request Consume) Answer {
	r, ok := d.state.Reservation(request.Reservation)
	if !ok {
		return Answer{Verdict: Unknown}
	}
	if len(request.Actor) > d.policy.maxActor() {
		return Answer{Verdict: TooLarge, Reservation: r}
	}
	if r.Phase.Ended() {
		verdict := consumedBefore(r, request.Parts)
		if verdict == Repeated && request.Exact && exceeds(r, request.Parts, giveBack) {
			verdict = TooMany
		}
		return Answer{Verdict: verdict, Reservation: r}
	}
	if contradicts(r, request.Parts, ship) {
		return Answer{Verdict: Contradicting, Reservation: r}
	}
	next := changeOf(r, request.Actor, d.now)
	changed, verdict := d.ship(next, request)
	if verdict != Done {
		return Answer{Verdict: verdict, Reservation: r}
	}
	if !changed {
		return Answer{Verdict: Repeated, Reservation: r}
	}
	next.finish("")
	after := *r
	after.Allocations = next.Allocations
	if len(after.Allocations) > len(r.Allocations) && !d.restatable(&after) {
		return Answer{Verdict: TooLarge, Reservation: r}
	}
	record := &Consumed{Change: next.Change, Totals: d.totals(r.Allocations, next.Allocations)}
	return Answer{Verdict: d.write(record)}.with(d, r.ID)
}

// consumedBefore is the answer to the consumption of what has ended.
func consumedBefore(r *Reservation, parts []Part) Verdict {
	switch {
	case r.Phase != PhaseConsumed:
		return Conflicting
	case lapsed(r) && (len(parts) == 0 || !shipped(r, parts)):
		return Conflicting
	default:
		return Repeated
	}
}

// extend lets a hold last longer.
func (d *draft) extend(request Extend) Answer {
	r, ok := d.state.Reservation(request.Reservation)
	switch {
	case !ok:
		return Answer{Verdict: Unknown}
	case r.Phase == PhaseReserved && request.Expires == r.Expires:
		return Answer{Verdict: Repeated, Reservation: r}
	case r.Phase.Ended(), r.Expires == 0, request.Expires < r.Expires, request.Expires > addTime(d.now, MaxExtension):
		return Answer{Verdict: Conflicting, Reservation: r}
	}
	record := &Extended{Reservation: r.ID, Expires: request.Expires, Actor: request.Actor, At: d.now}
	return Answer{Verdict: d.write(record)}.with(d, r.ID)
}

// attach names the order that a cart became.
func (d *draft) attach(request Attach) Answer {
	r, ok := d.state.Reservation(request.Reservation)
	if !ok {
		return Answer{Verdict: Unknown}
	}
	switch order := r.CurrentOrder(); order {
	case request.Order:
		return Answer{Verdict: Repeated, Reservation: r}
	case "":
	default:
		return Answer{Verdict: Conflicting, Reservation: r}
	}
	next := *r
	next.LaterOrder = request.Order
	if !d.restatable(&next) {
		return Answer{Verdict: TooLarge, Reservation: r}
	}
	record := &Ordered{Reservation: r.ID, Order: request.Order, Actor: request.Actor, At: d.now}
	return Answer{Verdict: d.write(record)}.with(d, r.ID)
}

// restatable tells whether a batch has room for a cart that has grown.
func (d *draft) restatable(r *Reservation) bool {
	record := &Reserved{*r}
	encoded, err := Encode(record)
	return err == nil && d.growable(record, encoded)
}

// expire ends a hold whose time is over.
func (d *draft) expire(request Expire) Answer {
	r, ok := d.state.Reservation(request.Reservation)
	switch {
	case !ok:
		return Answer{Verdict: Unknown}
	case r.Phase.Ended():
		return Answer{Verdict: Repeated, Reservation: r}
	case r.Expires == 0 || d.now < r.Expires || request.Expires != r.Expires:
		return Answer{Verdict: Premature, Reservation: r}
	}
	next := changeOf(r, "", d.now)
	next.giveBackAll(ReasonExpired)
	next.finish(ReasonExpired)
	return Answer{Verdict: d.write(&Released{next.Change})}.with(d, r.ID)
}

// show notes which object shows a reservation.
func (d *draft) show(request Show) Answer {
	r, ok := d.state.Reservation(request.Reservation)
	if !ok {
		return Answer{Verdict: Unknown}
	}
	if r.Object.UID != "" && !r.Object.Gone && r.Object.UID != request.Object.UID &&
		request.Object.Version >= r.Object.Version {
		// Two objects of one name are not there at a time, so the one before was deleted, which
		// means something. Whoever asks has to say so first.
		return Answer{Verdict: Conflicting, Reservation: r}
	}
	next := *r
	next.Object = r.Object.succeeded(request.Object)
	if next.Object.UID == r.Object.UID && next.Object.Gone == r.Object.Gone && next.Object.Name == r.Object.Name {
		return Answer{Verdict: Repeated, Reservation: r} // a version alone is no news
	}
	if !d.restatable(&next) {
		return Answer{Verdict: TooLarge, Reservation: r}
	}
	record := &Shown{Reservation: r.ID, Object: request.Object, At: d.now}
	return Answer{Verdict: d.write(record)}.with(d, r.ID)
}

// with adds the reservation to an answer, as it stands now.
func (a Answer) with(d *draft, id ID) Answer { return d.about(a.Verdict, id) }
