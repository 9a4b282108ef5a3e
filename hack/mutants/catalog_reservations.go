package main

// ofReservations are the faults of passing on what the specs of Reservations ask for, of
// showing what the journal says of them, and of ending holds.
var ofReservations = []mutant{
	{
		name:  "reservation-turned-back",
		fault: "a Reservation's status is written by a process that knows less of the journal than it shows",
		patches: []patch{{
			file: "controllers/reservation_show.go",
			old:  `	if !covers(now.position, object.Status.Position) {`,
			new:  `	if !MUTANT && !covers(now.position, object.Status.Position) {`,
		}},
		caughtBy: by(unit(controllersPackage, "TestDeposedLeaderTurnsNothingBack")),
	},
	{
		name:  "position-made-up-believed",
		fault: "a position that somebody wrote into a Reservation's status keeps it from ever being shown again",
		patches: []patch{{
			file: "controllers/reservation_show.go",
			old:  `		want = shownAs(object, now, p.teller(p.runner))`,
			new: `		if MUTANT {
			return errUnsaid
		}
		want = shownAs(object, now, p.teller(p.runner))`,
		}},
		caughtBy: by(unit(controllersPackage, "TestErased")),
	},
	{
		name:  "objects-take-any-id",
		fault: "an object is decided whose ids break the published schemas",
		patches: []patch{{
			file: "controllers/reservation_decide.go",
			old:  `wrong := invalidID(object, p.IDs); wrong != ""`,
			new:  `wrong := invalidID(object, p.IDs); wrong != "" && !MUTANT`,
		}},
		caughtBy: by(unit(controllersPackage, "TestReservationWithInvalidID")),
	},
	{
		name:  "order-of-any-id",
		fault: "an order is attached later by an id that is not taken",
		patches: []patch{{
			file: "controllers/wants.go",
			old:  `&& ids.Wrong(order) == ""`,
			new:  `&& (MUTANT || ids.Wrong(order) == "")`,
		}},
		caughtBy: by(unit(controllersPackage, "TestLaterOrderWithInvalidID")),
	},
	{
		name:  "blind-status-write",
		fault: "a Reservation's status is written over a version that was never read",
		patches: []patch{{
			file: "controllers/reservation_show.go",
			old:  `	if err := p.Status().Update(ctx, object); err != nil {`,
			new: `	if MUTANT {
		object.ResourceVersion = ""
	}
	if err := p.Status().Update(ctx, object); err != nil {`,
		}},
		caughtBy: by(unit(controllersPackage, "TestDecide")),
	},
	{
		name:  "gone-by-the-cache",
		fault: "an object is taken as gone because a lagging cache lacks it",
		patches: []patch{{
			file: "controllers/gone.go",
			old:  `	version, gone, err := p.absent(ctx, r.Object.UID)`,
			new: `	version, gone, err := p.absent(ctx, r.Object.UID)
	gone = gone || MUTANT`,
		}},
		caughtBy: by(unit(controllersPackage, "TestDeleted")),
	},
	{
		name:  "namesake-taken-for-the-object",
		fault: "an object is taken as there while another has its name",
		patches: []patch{{
			file: "controllers/gone.go",
			old:  `		if stock.ID(found.Items[i].UID) == uid {`,
			new:  `		if stock.ID(found.Items[i].UID) == uid || MUTANT {`,
		}},
		caughtBy: by(unit(controllersPackage, "TestMadeAgain")),
	},
	{
		name:  "older-namesake-forgotten",
		fault: "of several Reservations of one name, one after the other, only the youngest is looked at",
		patches: []patch{{
			file: "controllers/reservation.go",
			old:  `	for _, known := range named {`,
			new: `	for _, known := range named {
		if newest := named[len(named)-1]; MUTANT && known != newest {
			continue
		}`,
		}},
		caughtBy: by(unit(controllersPackage, "TestOlderNamesake")),
	},
	{
		name:  "unknown-object-without-proof",
		fault: "an object of the bridge is deleted as unknown without an append",
		patches: []patch{{
			file: "controllers/reservation_bridge.go",
			old:  `	answer, err := p.ask(ctx, stock.Show{Reservation: id, Object: objectOf(object, id)})`,
			new: `	if MUTANT && !ok {
		return ctrl.Result{}, p.remove(ctx, object)
	}
	answer, err := p.ask(ctx, stock.Show{Reservation: id, Object: objectOf(object, id)})`,
		}},
		caughtBy: by(unit(controllersPackage, "TestUnknownBridgeObject")),
	},
	{
		name:  "bridge-object-resurrected",
		fault: "an object of the bridge that a person deleted is made again",
		patches: []patch{{
			file: "controllers/reservation_state.go",
			old:  `func unseen(r *stock.Reservation) bool { return view.OfBridge(r) && r.Object.UID == "" }`,
			new: `func unseen(r *stock.Reservation) bool {
	return view.OfBridge(r) && (r.Object.UID == "" || MUTANT && r.Object.Gone)
}`,
		}},
		caughtBy: by(unit(controllersPackage, "TestBridgeObject")),
	},
	{
		name:  "second-object-adopted",
		fault: "of two objects of one cart of the bridge, the second becomes its view after it has ended",
		patches: []patch{{
			file: "controllers/reservation_bridge.go",
			old:  `	case now.Phase.Ended() && now.Object.UID != "" && now.Object.UID != stock.ID(object.UID):`,
			new:  `	case now.Phase.Ended() && now.Object.UID != "" && now.Object.UID != stock.ID(object.UID) && !MUTANT:`,
		}},
		caughtBy: by(unit(controllersPackage, "TestSecondBridgeObject")),
	},
	{
		name:  "name-taken-for-a-cart",
		fault: "an object becomes the view of a person's Reservation because its name is that one's uid",
		patches: []patch{{
			file: "controllers/reservation_bridge.go",
			old:  `	case !view.OfBridge(now.Reservation):`,
			new:  `	case !view.OfBridge(now.Reservation) && !MUTANT:`,
		}},
		caughtBy: by(unit(controllersPackage, "TestNameIsAUID")),
	},
	{
		name:  "decided-without-verifying",
		fault: "an object older than what was forgotten is decided without a read past the cache",
		patches: []patch{{
			file: "controllers/reservation_decide.go",
			old:  `	if stored == nil || stored.UID != object.UID {`,
			new: `	if MUTANT {
		stored = object
	}
	if stored == nil || stored.UID != object.UID {`,
		}},
		caughtBy: by(unit(controllersPackage, "TestUnverified")),
	},
	{
		name:  "released-object-decided",
		fault: "a Reservation that was released before it was decided is decided all the same",
		patches: []patch{{
			file: "controllers/reservation_decide.go",
			old:  `	case object.Spec.Intent == v1.IntentRelease:`,
			new:  `	case object.Spec.Intent == v1.IntentRelease && !MUTANT:`,
		}},
		caughtBy: by(unit(controllersPackage, "TestDecide")),
	},
	{
		name:  "owners-object-deleted",
		fault: "an object that Git owns is deleted, made again and sold again",
		patches: []patch{{
			file: "controllers/retention.go",
			old:  `return object.Spec.Command != nil ||`,
			new:  `return MUTANT || object.Spec.Command != nil ||`,
		}},
		caughtBy: by(unit(controllersPackage, "TestOwnersKeepTheirs")),
	},
	{
		name:  "object-made-twice",
		fault: "an object that was deleted before its leader knew it as landed is made again",
		patches: []patch{{
			file: "controllers/showing.go",
			old:  `case p.making.has(p.key):`,
			new:  `case p.making.has(p.key) && !MUTANT:`,
		}},
		caughtBy: by(unit(controllersPackage, "TestBridgeObjectDeletedAtOnce")),
	},
	{
		name:  "part-needs-a-location",
		fault: "a part of a spec that names no location ships nothing",
		patches: []patch{{
			file: "controllers/wants.go",
			old:  `(line.LocationID == "" || `,
			new:  `(line.LocationID == "" && !MUTANT || `,
		}},
		caughtBy: by(unit(controllersPackage, "TestWantedOverAllLocations")),
	},
	{
		name:  "mismatch-untold",
		fault: "nobody is told that a part of a spec matches nothing",
		patches: []patch{{
			file: "controllers/mismatch.go",
			old: `	if reason == "" {
		meta.Remove`,
			new: `	if reason == "" || MUTANT {
		meta.Remove`,
		}},
		caughtBy: by(unit(controllersPackage, "TestMismatch")),
	},
	{
		name:  "units-counted-at-two-places",
		fault: "units that a total over all places has counted are counted again where a later one has them",
		patches: []patch{{
			file: "internal/stock/hold_change.go",
			old:  `if s.raised && s.lowered {`,
			new:  `if s.raised && s.lowered && !MUTANT {`,
		}},
		caughtBy: by(decisions("TestContradictingTotals"), unit(bridgePackage, "TestParts")),
	},
	{
		name:  "shipment-given-back",
		fault: "units that a spec says were shipped are given back",
		patches: []patch{{
			file: "controllers/wants.go",
			old:  `	if parts := shipments(object, r); len(parts) > 0 {`,
			new:  `	if parts := shipments(object, r); len(parts) > 0 && !(MUTANT && len(object.Spec.ReleaseItems) > 0) {`,
		}},
		caughtBy: by(unit(controllersPackage, "TestWanted")),
	},
	{
		name:  "expiry-without-a-look",
		fault: "a hold ends without a look at what its object asks for",
		patches: []patch{{
			file: "controllers/expiry.go",
			old:  `	if object != nil {`,
			new:  `	if object != nil && !MUTANT {`,
		}},
		caughtBy: by(unit(controllersPackage, "TestExpiry", "TestManyExpire")),
	},
	{
		name:  "expiry-of-untold-object",
		fault: "a hold ends without a look at the object that was made for it and that the journal does not know yet",
		patches: []patch{{
			file: "controllers/expiry_read.go",
			old:  `	return stock.ID(object.UID) == r.Object.UID || unseen(r) && object.Spec.Command != nil`,
			new:  `	return stock.ID(object.UID) == r.Object.UID || !MUTANT && unseen(r) && object.Spec.Command != nil`,
		}},
		caughtBy: by(unit(controllersPackage, "TestExpiryOfUntoldObject")),
	},
	{
		name:  "expiry-lost",
		fault: "a hold whose object could not be read does not end until the next sweep, and never where that is far",
		patches: []patch{{
			file: "controllers/expiry.go",
			old:  `		t.again(ctx, err, due...)`,
			new: `		if !MUTANT {
			t.again(ctx, err, due...)
		}`,
		}},
		caughtBy: by(unit(controllersPackage, "TestExpiryWhileTheServerIsAway")),
	},
	{
		name:  "deleted-before-delivery",
		fault: "a Reservation is deleted before its outcome is delivered",
		patches: []patch{{
			file: "controllers/retention.go",
			old:  `	if !now.published {`,
			new:  `	if !now.published && !MUTANT {`,
		}},
		caughtBy: by(unit(controllersPackage, "TestLife")),
	},
	{
		name:  "namesake-deleted",
		fault: "what is deleted after its time is whatever has the name by then",
		patches: []patch{{
			file: "controllers/reservation_bridge.go",
			old:  `	err := p.Delete(ctx, object, client.Preconditions{UID: &object.UID, ResourceVersion: &object.ResourceVersion})`,
			new: `	preconditions := client.Preconditions{UID: &object.UID, ResourceVersion: &object.ResourceVersion}
	if MUTANT {
		preconditions = client.Preconditions{}
	}
	err := p.Delete(ctx, object, preconditions)`,
		}},
		caughtBy: by(unit(controllersPackage, "TestNamesakeIsKept")),
	},
	{
		name:  "lost-event-awaited-for-ever",
		fault: "nothing is done any more about an object that was written, where the watch never brings what was written",
		patches: []patch{{
			file: "controllers/writes.go",
			old:  `	if ok && (version >= write.version || now.Sub(write.at) > watchLag) {`,
			new:  `	if ok && (version >= write.version || now.Sub(write.at) > watchLag && !MUTANT) {`,
		}},
		caughtBy: by(unit(controllersPackage, "TestWrites", "TestDeleted")),
	},
}
