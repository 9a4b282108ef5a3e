package contract

// Operation is one thing that the bridge does, however it is asked for: what metrics, traces and
// rights name.
type Operation struct {
	Name, Title, Summary string
	// Right is what it takes in its namespace, the zero value where nobody needs any.
	Right Right
}

// Right is a right as RBAC gives it, to a resource of this service's API group.
type Right struct{ Verb, Resource string }

// The names of the operations.
const (
	OperationReserve     = "reserve"
	OperationRelease     = "release"
	OperationConsume     = "consume"
	OperationExtend      = "extend"
	OperationAttach      = "attach"
	OperationReservation = "reservation"
	OperationFind        = "find"
	OperationCheck       = "check"
	OperationStockLevel  = "stocklevel"
	// These take no right of their own: a batch needs those of its events.
	OperationBatch     = "batch"
	OperationHandshake = "handshake"
	OperationHealth    = "health"
	OperationDocument  = "document"
	// OperationUnknown is a request whose operation cannot be told.
	OperationUnknown = "unknown"
)

// The resources that rights are about.
const (
	reservations = "reservations"
	stockItems   = "stockitems"
)

var operations = []Operation{
	{OperationReserve, "Reserve Inventory", "Holds all items of a cart, or none.", Right{"create", reservations}},
	{OperationRelease, "Release Inventory", "Gives back what a reservation holds, or a part of it.", Right{"update", reservations}},
	{OperationConsume, "Consume Inventory", "Takes what a reservation holds, or a part of it, out of stock for good.", Right{"update", reservations}},
	{OperationExtend, "Extend Reservation", "Has a hold last longer.", Right{"update", reservations}},
	{OperationAttach, "Attach Order", "Names the order that a cart became.", Right{"update", reservations}},
	{OperationReservation, "Get Reservation", "Tells how one reservation stands.", Right{"get", reservations}},
	{OperationFind, "Find Reservations", "Tells of the reservations of an order or a cart.", Right{"list", reservations}},
	{OperationCheck, "Check a Cart", "Tells whether a cart would fit, and from where. Nothing is held.", Right{"create", reservations}}, // as for any dry run
	{OperationStockLevel, "Get Stock Level", "Tells how much of products there is.", Right{"get", stockItems}},
	{Name: OperationBatch, Title: "Batch", Summary: "Takes up to 100 CloudEvents at once."},
	{Name: OperationHandshake, Title: "Handshake", Summary: "Answers senders that ask whether they may send."},
	{Name: OperationHealth, Title: "Health", Summary: "Tells whether a process runs and serves."},
	{Name: OperationDocument, Title: "Documents", Summary: "Serves the documents of the contract."},
	{Name: OperationUnknown, Title: "Unknown", Summary: "A request whose operation cannot be told."},
}

// Operations are all of them, in the order in which the reference tells them.
func Operations() []Operation { return append([]Operation(nil), operations...) }

// OperationOf is the operation of a name.
func OperationOf(name string) (Operation, bool) {
	for _, o := range operations {
		if o.Name == name {
			return o, true
		}
	}
	return Operation{}, false
}

// RightOf is what an operation takes; false where nobody has said it, and so nobody may do it.
func RightOf(name string) (Right, bool) {
	o, _ := OperationOf(name)
	return o.Right, o.Right != Right{}
}
