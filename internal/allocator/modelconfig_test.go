package allocator

// modelConfig is one bounded world.
type modelConfig struct {
	name string
	// received are the units in stock, carts what each Reservation asks for. The
	// first settled of them are decided before the search begins.
	received int64
	carts    []int64
	settled  int
	// items says that the StockItem's reconciler plays, too.
	items bool
	// watches are those that deliver during the search; the others lag until the
	// faults have ended.
	watches [kinds]bool
	// clocks says that time passes during the search, so that folds close and the
	// ledger is tidied while faults go on; else only afterwards.
	clocks bool
	// slowReads says that reads are answered later than they are served.
	slowReads bool
	users     []userAction
	budget    modelBudget
	// static are the kinds of which nothing is ever written here.
	static [kinds]bool
	// usual are the bounds in CI, long those of MODEL=long, short those of -short
	// and of the race detector.
	usual, long, short modelBound
}

// modelBound is how far a search goes, and how many states it reaches at least.
type modelBound struct{ depth, states int }

// world is the state that the search begins with: the first process leads, the
// second has seen as much.
func (c *modelConfig) world() *modelWorld {
	w := &modelWorld{cfg: c, calm: true}
	w.procs = [2]*modelProcess{newModelProcess(0, 0), newModelProcess(1, 0)}
	w.owned = [2]bool{true, true}
	w.createItem(c.received)
	w.settle()
	w.elect(w.own(0))
	for cart := range c.settled {
		w.createCart(cart, c.carts[cart])
	}
	w.settle()
	for cart := c.settled; cart < len(c.carts); cart++ {
		w.createCart(cart, c.carts[cart])
	}
	for i := range w.procs {
		p := w.own(i)
		for o := w.store.next(kindCart, p.cursor[kindCart]); o != nil; o = w.store.next(kindCart, p.cursor[kindCart]) {
			p.cursor[kindCart] = o.version
			w.see(p, o)
		}
	}
	w.calm, w.left = false, c.budget
	return w
}
