package stock

import "fmt"

// Verdict is what became of a request.
type Verdict uint8

// The verdicts.
const (
	// Done: it was carried out. For a Reserve, Answer.Reservation is its outcome.
	Done Verdict = iota + 1
	// Repeated: it had been carried out before, or changes nothing. The answer is as then.
	Repeated
	// Waiting: it cannot be decided yet; ask again when State has changed. A cart waits for
	// units that a StockItem declares and does not show yet. While a restore is awaited or half
	// done (State.HoldsBack), every request about carts waits.
	Waiting
	// Later: this batch has no room left for it. Ask again for the next one.
	Later
	// Full: the journal has reached its bound and nothing in it may be forgotten.
	Full
	// TooLarge: the request, or what may have to be written of it later, does not fit a batch of
	// its own; or it breaks a bound: a cart without lines, a line of less than 1 unit or more
	// than MaxQuantity, an Actor of more than MaxActor bytes, extensions of more than 512 bytes, a
	// release Reason of more than 64 bytes, a reader's name that is empty or longer than
	// MaxReaderName, more than MaxPageReaders readers.
	TooLarge
	// TooOld: the command is not newer than what was forgotten. It may have been decided.
	TooOld
	// Conflicting: the id was used for another command; another order is attached already; the
	// reservation has ended otherwise; an Extend would shorten the hold, make it last longer than
	// MaxExtension from now, or the hold has no end; the reservation has an object of which
	// nobody said that it is gone; or WaiveRestore came after the restore had begun.
	Conflicting
	// Unknown: there is no such reservation or item.
	Unknown
	// Unverified: the object may be one that was forgotten, or the StockItem one that was
	// deleted since; read it past the caches and ask again with Verified, or a later Read.
	Unverified
	// Premature: an Expire before its time, or for an expiry that the hold no longer has; or a
	// ReadPages for a page that the journal has not reached.
	Premature
	// TooMany: a Release or Consume with Exact asks for more units than there are. Nothing
	// was done.
	TooMany
	// Contradicting: a Release or Consume by place would raise the total of a product, while it
	// says less of another of its places than is known: a total without a place was stated
	// before. Nothing was done.
	Contradicting
	// Irreplaceable: the hold that a Reserve names in Replaces is another cart's, or has ended:
	// Answer.Reservation is that one, nil where it is unknown. Nothing was done.
	Irreplaceable
	// NotThere: a Consume names a place that has fewer units free than it takes there beyond
	// those held at that place. Nothing was done.
	NotThere
	// Differing: the facts of a Restore contradict what is known, as Answer.Differences says.
	// Nothing was done.
	Differing
	// Outdated: what the request says was read before the process that is to decide it began
	// to lead; read it again and ask again. Decide itself never says so.
	Outdated
)

// verdictNames are in the order of the constants, from Done.
var verdictNames = [...]string{
	"Done", "Repeated", "Waiting", "Later", "Full", "TooLarge", "TooOld", "Conflicting", "Unknown", "Unverified", "Premature", "TooMany",
	"Contradicting", "Irreplaceable", "NotThere", "Differing", "Outdated",
}

// String names the verdict, for messages.
func (v Verdict) String() string {
	if v == 0 || int(v) > len(verdictNames) {
		return fmt.Sprintf("Verdict(%d)", uint8(v))
	}
	return verdictNames[v-1]
}
