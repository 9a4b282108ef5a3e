package main

// ofEvents are the faults of what commands and outcomes say.
var ofEvents = []mutant{
	{
		name:  "duplicate-lines-not-summed",
		fault: "of the lines of one product in a command only the first counts",
		patches: []patch{{
			file: "api/events/decode_reserve.go",
			old:  `items[at].Quantity += item.Quantity`,
			new: `if !MUTANT {
			items[at].Quantity += item.Quantity
		}`,
		}},
		caughtBy: by(unit(eventsPackage, "TestDecodeReserve")),
	},
	{
		name:  "event-id-per-attempt",
		fault: "an event gets a new id with each attempt to deliver it",
		patches: []patch{{
			file: "api/events/outcome.go",
			old:  `event.SetTime(instant(*r.Status.DecidedAt).Time)`,
			new: `if MUTANT {
		event.SetID(event.ID() + time.Now().Format(time.RFC3339Nano))
	}
	event.SetTime(instant(*r.Status.DecidedAt).Time)`,
		}},
		caughtBy: by(unit(eventsPackage, "TestOutcome"), unit(publisherPackage, "TestRetriesHoldUpNothingElse"), processes("TestSinkDown")),
	},
	{
		name:  "event-id-of-the-object",
		fault: "an event's id is made of the object, which may be made again",
		patches: []patch{{
			file: "api/events/outcome.go",
			old:  `r.Status.OutcomeID+suffix`,
			new:  `map[bool]string{true: string(r.UID), false: r.Status.OutcomeID}[MUTANT]+suffix`,
		}},
		caughtBy: by(unit(eventsPackage, "TestOutcome")),
	},
	{
		name:  "name-as-reservation-id",
		fault: "an event names the reservation of an object by its name, which is no UUID",
		patches: []patch{{
			file: "api/events/outcome.go",
			old:  `		ReservationID: r.ReservationID(),`,
			new:  `		ReservationID: map[bool]string{true: r.Name, false: r.ReservationID()}[MUTANT],`,
		}},
		caughtBy: by(unit(eventsPackage, "TestNamesThatPeopleGave")),
	},
	{
		name:  "payload-follows-the-spec",
		fault: "an event's payload follows changes made after the outcome",
		patches: []patch{{
			file: "api/events/outcome.go",
			old:  `eventType, suffix, payload := TypeUnavailable`,
			new: `if MUTANT {
		r = r.DeepCopy()
		r.Status.OrderID = r.Spec.OrderID
	}
	eventType, suffix, payload := TypeUnavailable`,
		}},
		caughtBy: by(unit(eventsPackage, "TestOutcome")),
	},
}
