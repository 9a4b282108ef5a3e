package main

// ofWebhook are the faults of the bridge.
var ofWebhook = []mutant{
	{
		name:  "changed-body-accepted",
		fault: "another command under an id that was used gets the outcome of the first",
		patches: []patch{{
			file: "webhook/reserve.go",
			old:  `Hash: c.payload.Hash()[:hashDigits],`,
			new:  `Hash: map[bool]string{false: c.payload.Hash()[:hashDigits]}[MUTANT],`,
		}},
		caughtBy: by(unit(bridgePackage, "TestSameIDOtherContent", "TestReserveRequest")),
	},
	{
		name:  "repeated-command-is-new",
		fault: "a repeated command makes another reservation",
		patches: []patch{{
			file: "webhook/identity.go",
			old:  `if i.source == "" {`,
			new: `if MUTANT {
		return uuid.NewString()
	}
	if i.source == "" {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestRepeatedAtOnce", "TestIdentity")),
	},
	{
		name:  "command-time-dropped",
		fault: "a command that may have been forgotten is carried out, maybe again",
		patches: []patch{{
			file: "webhook/reserve.go",
			old:  `if at == nil {`,
			new:  `if at == nil || MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestOldCommand", "TestReserveRequest")),
	},
	{
		name:  "misspelt-field-dropped",
		fault: "a misspelt part of a release or consume means everything",
		patches: []patch{{
			file: "api/events/unknown.go",
			old:  `if o == open && !NearMiss(name, near) {`,
			new:  `if MUTANT || o == open && !NearMiss(name, near) {`,
		}},
		caughtBy: by(unit(eventsPackage, "TestClosedMessages", "TestOpenMessages")),
	},
	{
		name:  "uuid-in-capitals-is-another",
		fault: "a UUID in capitals names another product",
		patches: []patch{{
			file: "api/v1/id.go",
			old:  `return strings.ToLower(id)`,
			new:  `return map[bool]string{MUTANT: id, !MUTANT: strings.ToLower(id)}[true]`,
		}},
		caughtBy: by(unit(eventsPackage, "TestIDsInCapitals")),
	},
	{
		name:  "journal-begun-anywhere",
		fault: "whoever reaches the bridge begins a journal in any namespace",
		patches: []patch{{
			file: "webhook/enter.go",
			old:  `case object.Labels[v1.ServeLabel] == "true":`,
			new:  `case object.Labels[v1.ServeLabel] == "true" || MUTANT:`,
		}},
		caughtBy: by(unit(bridgePackage, "TestNamespacesOfOthers")),
	},
	{
		name:  "header-not-decoded",
		fault: "the same command is another one in binary mode",
		patches: []patch{{
			file: "webhook/headers.go",
			old:  `decodeHeader(header[key][0])`,
			new:  `map[bool]string{MUTANT: header[key][0], !MUTANT: decodeHeader(header[key][0])}[true]`,
		}},
		caughtBy: by(unit(bridgePackage, "TestIdentitiesOfModes")),
	},
	{
		name:  "broken-off-is-broken",
		fault: "a broker drops a command whose body broke off",
		patches: []patch{{
			file: "webhook/decode.go",
			old:  `return nil, fail(incomplete,`,
			new:  `return nil, fail(map[bool]*kind{MUTANT: invalid, !MUTANT: incomplete}[true],`,
		}},
		caughtBy: by(unit(bridgePackage, "TestBodyBreaksOff")),
	},
	{
		name:  "event-at-plain-path",
		fault: "a Trigger aimed at a plain path has a cart held for each retry",
		patches: []patch{{
			file: "webhook/decode_event.go",
			old:  `if isAttribute(name) {`,
			new:  `if isAttribute(name) && !MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestEventsAtPlainPaths")),
	},
	{
		name:  "crowd-let-in",
		fault: "one caller takes all the room and memory that there is",
		patches: []patch{{
			file: "webhook/admission.go",
			old:  `case now.requests+more.requests > most.requests:`,
			new:  `case now.requests+more.requests > most.requests && !MUTANT:`,
		}},
		caughtBy: by(unit(bridgePackage, "TestCrowd", "TestBatchesInFlight")),
	},
	{
		name:  "bodies-not-counted",
		fault: "long bodies that come slowly take all memory",
		patches: []patch{{
			file: "webhook/admission.go",
			old:  `if p == nil || bytes <= freeBody {`,
			new:  `if p == nil || bytes <= freeBody || MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestManyLongBodies")),
	},
	{
		name:  "keys-source-taken",
		fault: "an event shares its identity with an Idempotency-Key",
		patches: []patch{{
			file: "webhook/identity.go",
			old:  `if i.source == idempotencySource {`,
			new:  `if i.source == idempotencySource && !MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestEventRefusals")),
	},
	{
		name:  "acknowledged-before-stored",
		fault: "a command whose outcome is not stored yet is told to be accepted",
		patches: []patch{{
			file: "webhook/exchange.go",
			old:  `writeProblem(x, f)`,
			new: `if MUTANT && f.reservationID != "" && !x.byEvent() {
		writeBody(x, http.StatusAccepted, contentTypeJSON, []byte("{}"))
		return
	}
	writeProblem(x, f)`,
		}},
		caughtBy: by(unit(bridgePackage, "TestUndecidedInTime", "TestJournalHangs")),
	},
	{
		name:  "unstorable-command-repeated",
		fault: "the sender of a command that can never be stored is told to repeat it",
		patches: []patch{{
			file: "webhook/reserve.go",
			old:  `errors.Is(err, allocator.ErrUnwritable):`,
			new:  `errors.Is(err, allocator.ErrUnwritable) && !MUTANT:`,
		}},
		caughtBy: by(unit(bridgePackage, "TestUnwritable")),
	},
	{
		name:  "more-than-reserved-clipped",
		fault: "a part of more units than there are is carried out as far as there are some",
		patches: []patch{
			{file: "webhook/consume.go", old: `Exact: true`, new: `Exact: !MUTANT`},
			{file: "webhook/release.go", old: `Exact: true`, new: `Exact: !MUTANT`},
		},
		caughtBy: by(unit(bridgePackage, "TestParts")),
	},
	{
		name:  "undecided-object-unknown",
		fault: "a command about an object that is not decided yet is refused for good",
		patches: []patch{{
			file: "webhook/change.go",
			old:  `case object == nil || object.Spec.Command != nil:`,
			new:  `case object == nil || object.Spec.Command != nil || MUTANT:`,
		}},
		caughtBy: by(unit(bridgePackage, "TestPendingObject", "TestWithdrawnObject")),
	},
	{
		name:  "kind-not-served-is-absence",
		fault: "an API server that does not know Reservations is taken for one that has none",
		patches: []patch{{
			file: "webhook/object.go",
			old:  `!unserved(err)`,
			new:  `(MUTANT || !unserved(err))`,
		}},
		caughtBy: by(unit(bridgePackage, "TestAPIServerRefuses")),
	},
}
