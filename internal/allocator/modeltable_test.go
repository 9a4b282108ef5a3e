package allocator

// takeOver is the budget that most configurations have: another process is
// elected once and may take the ledger over, while the first goes on believing
// that it leads.
var takeOver = modelBudget{takeOvers: 1, elections: 1}

var (
	cartsOnly    = [kinds]bool{kindCart: true}
	cartsLedgers = [kinds]bool{kindCart: true, kindLedger: true}
	ledgersOnly  = [kinds]bool{kindLedger: true}
	itemsOnly    = [kinds]bool{kindItem: true}

	noFolds  = [kinds]bool{kindItem: true, kindTally: true}
	noItems  = [kinds]bool{kindItem: true}
	noTallys = [kinds]bool{kindTally: true}
)

// modelConfigs are the worlds that are searched, each with its own bounds. A
// depth of 0 is no bound: the space was closed.
var modelConfigs = []*modelConfig{
	{
		// Two carts want the last unit while the leader changes.
		name: "take-over", received: 1, carts: []int64{1, 1}, static: noFolds, budget: takeOver,
		usual: modelBound{0, 15632}, long: modelBound{0, 15632}, short: modelBound{depth: 8},
	},
	{
		// Three carts want two units.
		name: "three carts", received: 2, carts: []int64{1, 1, 1}, static: noFolds, budget: takeOver,
		usual: modelBound{13, 92106}, long: modelBound{18, 805470}, short: modelBound{depth: 8},
	},
	{
		// Any one write is lost, late or garbled on top of it.
		name: "take-over, lost answers", received: 1, carts: []int64{1, 1}, static: noFolds,
		budget: modelBudget{takeOvers: 1, elections: 1, faults: 1},
		usual:  modelBound{17, 122778}, long: modelBound{21, 213520}, short: modelBound{depth: 8},
	},
	{
		name: "take-over, watches", received: 1, carts: []int64{1, 1}, static: noFolds, watches: cartsOnly, budget: takeOver,
		usual: modelBound{0, 90622}, long: modelBound{0, 90622}, short: modelBound{depth: 8},
	},
	{
		name: "three take-overs", received: 1, carts: []int64{1}, static: noFolds,
		budget: modelBudget{takeOvers: 3, elections: 1, faults: 1},
		usual:  modelBound{0, 10820}, long: modelBound{0, 10820}, short: modelBound{depth: 8},
	},
	{
		name: "crash", received: 1, carts: []int64{1, 1}, static: noFolds,
		budget: modelBudget{takeOvers: 1, elections: 1, crashes: 1},
		usual:  modelBound{0, 45078}, long: modelBound{0, 45078}, short: modelBound{depth: 8},
	},
	{
		name: "release", received: 1, carts: []int64{1, 1}, settled: 1, static: noFolds, watches: cartsOnly,
		budget: takeOver, users: []userAction{releases(0)},
		usual: modelBound{20, 104895}, long: modelBound{0, 171783}, short: modelBound{depth: 8},
	},
	{
		name: "expiry against consume", received: 1, carts: []int64{1}, settled: 1, static: noItems, watches: cartsOnly,
		budget: modelBudget{takeOvers: 1, elections: 1, expiries: 1}, users: []userAction{consumes()},
		usual: modelBound{0, 37240}, long: modelBound{0, 37240}, short: modelBound{depth: 8},
	},
	{
		name: "consume in parts", received: 2, carts: []int64{2}, settled: 1, static: noItems, watches: cartsOnly,
		budget: takeOver, users: []userAction{consumesPart(0, 1), consumes()},
		usual: modelBound{0, 45734}, long: modelBound{0, 45734}, short: modelBound{depth: 8},
	},
	{
		name: "fold, lost answers", received: 1, carts: []int64{1}, settled: 1, static: noItems, watches: cartsOnly, clocks: true,
		budget: modelBudget{takeOvers: 1, elections: 1, faults: 1}, users: []userAction{consumes()},
		usual: modelBound{21, 108893}, long: modelBound{26, 305892}, short: modelBound{depth: 8},
	},
	{
		name: "fold and cart", received: 1, carts: []int64{1, 1}, settled: 1, static: noItems, watches: cartsOnly, clocks: true,
		budget: modelBudget{}, users: []userAction{consumes(), deletes(0)},
		usual: modelBound{0, 54804}, long: modelBound{0, 54804}, short: modelBound{depth: 8},
	},
	{
		name: "lost ledger", received: 1, carts: []int64{1, 1}, static: noFolds, watches: ledgersOnly,
		budget: takeOver, users: []userAction{deletesLedger()},
		usual: modelBound{14, 140907}, long: modelBound{16, 273690}, short: modelBound{depth: 8},
	},
	{
		name: "lost ledger, open fold", received: 1, carts: []int64{1}, settled: 1, static: noItems, watches: cartsLedgers, clocks: true,
		budget: modelBudget{takeOvers: 1}, users: []userAction{consumes(), deletesLedger()},
		usual: modelBound{28, 127604}, long: modelBound{32, 198743}, short: modelBound{depth: 8},
	},
	{
		// Somebody takes the holds out of the stored ledger.
		name: "edited ledger", received: 1, carts: []int64{1, 1}, static: noFolds, watches: ledgersOnly,
		budget: takeOver, users: []userAction{editsLedger()},
		usual: modelBound{15, 157093}, long: modelBound{18, 406487}, short: modelBound{depth: 8},
	},
	{
		name: "received lowered", received: 1, carts: []int64{1}, items: true, static: noTallys, watches: itemsOnly,
		budget: takeOver, users: []userAction{receives(0)},
		usual: modelBound{17, 122998}, long: modelBound{21, 345975}, short: modelBound{depth: 8},
	},
}
