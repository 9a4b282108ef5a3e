package stock

import "math"

// State is what a namespace's journal says, from its head on. It is not safe for
// concurrent use: Decide changes it for a moment, and Apply for good. Queries may run
// beside each other.
type State struct {
	head  uint64
	marks Marks
	// pages are in order of their numbers.
	pages           []*page
	encoded, stored int64

	// uuids and texts find a cart by its ID: most are UUIDs, which are small as values.
	uuids map[[uuidBytes]byte]*cart
	texts map[ID]*cart
	// objects finds carts by the uid and the name of their object, where these differ
	// from the ID.
	objects map[ID][]*cart
	// byCart and byOrder are nil where nobody wants them.
	byCart, byOrder *index
	// unpublished are outcomes above Marks.Published, in the order of their numbers unless
	// unsorted. Entries of carts that are gone are skipped.
	unpublished []outcome
	unsorted    bool
	// ends are those after endsPassed, which is math.MaxInt64 where nobody is told of ends. Entries
	// of carts that are gone are skipped.
	ends         []end
	endsUnsorted bool
	endsPassed   Time

	// shownCommands counts the objects that show commands.
	shownCommands int

	items map[ID]*item
	// stocks has what is known of a product at a location, products the same in the order
	// in which units are taken. Their slices are never changed in place.
	stocks   map[Key]*locationStock
	products map[ID][]*locationStock
	readers  map[string]*reader
	// pageReaders are those of them that want every record, by the names that they gave themselves.
	pageReaders map[string]*reader
	// restore is the newest statement about a restore, nil if there was none.
	restore *restoring

	// scratch is for coding what is packed.
	scratch []byte

	// tracking says that changes are noted.
	tracking bool
	changes  Changes

	// tentative says that a Decide is at work, and undo how to take its changes back.
	tentative bool
	undo      []func()
}

// New returns the State of a journal in which nothing is written.
func New() *State {
	return &State{
		endsPassed:  math.MaxInt64,
		uuids:       map[[uuidBytes]byte]*cart{},
		texts:       map[ID]*cart{},
		objects:     map[ID][]*cart{},
		items:       map[ID]*item{},
		stocks:      map[Key]*locationStock{},
		products:    map[ID][]*locationStock{},
		readers:     map[string]*reader{},
		pageReaders: map[string]*reader{},
	}
}

// reader is somebody who reads the journal.
type reader struct {
	name     string
	position string
	// page is the position of one that wants every record.
	page uint64
	home *page
}

// maxUnits bounds the units of one line, maxStock those of one place: no sum of
// what fits into memory overflows, whatever a record says.
const (
	maxUnits = 1 << 32
	maxStock = 1 << 50
)

// clampUnits returns the number of units of a line that a record may mean.
func clampUnits(units int64) int64 { return min(max(0, units), maxUnits) }

// clampStock returns the number of units of a place that a record may mean.
func clampStock(units int64) int64 { return min(max(0, units), maxStock) }
