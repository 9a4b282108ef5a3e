package mutant

// Name names a fault, and so the guarantee that it takes away.
type Name string

// The faults of the ledger's protocol (internal/allocator).
const (
	BlindLedgerWrite    Name = "blind-ledger-write"
	BlindJournalRequest Name = "blind-journal-request"
	AnswerBeforeJournal Name = "answer-before-journal"
	AnswerWithoutProof  Name = "answer-without-proof"
	CounterForToken     Name = "counter-for-token"
	UnknownIsFailure    Name = "unknown-is-failure"
	UnknownIsSuccess    Name = "unknown-is-success"
	EarlyDrop           Name = "in-flight-dropped-early"
	LostHoldKept        Name = "hold-that-never-landed-kept"
	NoCatchUp           Name = "no-catch-up"
	MarkNotAwaited      Name = "mark-not-awaited"
	MarkedOnce          Name = "marked-once"
	NoRollForward       Name = "no-roll-forward"
	RollForwardAnyway   Name = "roll-forward-over-outcome"
	ClaimUnchecked      Name = "claim-unchecked"
	LedgerNotRebuilt    Name = "lost-ledger-not-rebuilt"
	RebuildUntouched    Name = "rebuild-without-touching"
	HandEditTrusted     Name = "hand-edit-trusted"
	EarlyCredit         Name = "release-credited-early"
	EarlyRaise          Name = "raise-sold-before-shown"
	LateCut             Name = "cut-binds-late"
)

// The faults of consuming units (internal/allocator, internal/ledger).
const (
	StaleConsume     Name = "stale-consume-accepted"
	FoldUncounted    Name = "open-fold-not-counted"
	FoldTalliedTwice Name = "fold-tallied-twice"
	FoldShownTwice   Name = "fold-shown-twice"
	FoldUnjournaled  Name = "unjournaled-fold-tallied"
	FoldIDsRestart   Name = "fold-ids-restart"
	FoldForgotten    Name = "lost-fold-forgotten"
	EarlyShipment    Name = "shipment-shown-before-stored"
	TallyForgets     Name = "remade-tally-forgets"
)

// The faults of the accounting and of a Reservation's life (internal/ledger,
// internal/lifecycle, controllers).
const (
	JournalUncounted Name = "hold-in-flight-not-counted"
	PartOfACart      Name = "part-of-a-cart-reserved"
	OldHoldAccepted  Name = "older-reservation-accepted"
	OldItemAccepted  Name = "older-item-accepted"
	NoTombstones     Name = "no-tombstones"
	DuplicatesServe  Name = "duplicates-both-serve"
	ExpiryFirst      Name = "expiry-beats-consume"
	BlindStatusWrite Name = "blind-status-write"
	EarlyTelling     Name = "outcome-told-before-written"
	UnprovenSpec     Name = "spec-shown-without-proof"
	EarlyRetention   Name = "deleted-before-delivery"
)

// The faults of the bridge and the publisher (webhook, api/events,
// internal/publisher).
const (
	LinesNotSummed     Name = "duplicate-lines-not-summed"
	BodyChange         Name = "changed-body-accepted"
	RepeatIsNew        Name = "repeated-command-is-new"
	OldCommandAccepted Name = "command-beyond-retention-accepted"
	EventIDPerAttempt  Name = "event-id-per-attempt"
	PayloadFollowsSpec Name = "payload-follows-the-spec"
	CursorPassesAhead  Name = "cursor-before-acknowledgement"
	FailureIsDelivery  Name = "sink-failure-is-delivery"
	ForeignCursor      Name = "foreign-cursor-trusted"
	DeletedUnsent      Name = "deleted-outcome-not-sent"
)
