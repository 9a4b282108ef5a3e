package allocator_test

import (
	"maps"
	"slices"

	v1 "github.com/acme/inventory-service/api/v1"
)

// lookTally checks that tallies only grow, and only with a fold. One that was made
// again has to count what it did, before it counts anything else. Once a tally was
// forgotten there are two histories, with and without what it counted, and a process
// that hears of an old version of the one may put it in the place of the other.
func (o *oracle) lookTally(t *v1.StockTally, deleted bool) {
	before := o.shipped.tallied[t.Name]
	o.w.logf("store: %s version %s counts fold %d: %+v, deleted %t", t.Name, t.ResourceVersion, t.Status.LastFold, t.Status.Entries, deleted)
	if deleted {
		delete(o.shipped.tallied, t.Name)
		return
	}
	o.shipped.tallied[t.Name] = t
	if owed := o.shipped.owed[t.Name]; owed != nil && t.Status.LastFold > 0 {
		delete(o.shipped.owed, t.Name)
		before = owed
	}
	o.noteStored()
	if before == nil {
		return
	}
	if t.Status.LastFold < before.Status.LastFold {
		o.w.failf("%s goes back from fold %d to %d", t.Name, before.Status.LastFold, t.Status.LastFold)
	}
	if t.Status.LastFold > before.Status.LastFold {
		o.reached.tallied++
	}
	for _, e := range before.Status.Entries {
		now := tallyOf(t, e)
		if now < e.Quantity && !o.shipped.forgot || now > e.Quantity && t.Status.LastFold == before.Status.LastFold {
			o.w.failf("%s: %+v became %d with fold %d after %d", t.Name, e, now, t.Status.LastFold, before.Status.LastFold)
		}
	}
}

func tallyOf(t *v1.StockTally, like v1.Take) int64 {
	for _, e := range t.Status.Entries {
		if e.ProductID == like.ProductID && e.LocationID == like.LocationID {
			return e.Quantity
		}
	}
	return 0
}

// tallyDropped notes that somebody deletes a tally. What it counts is owed unless
// one comes to hold the ledger that does not know it: nobody else makes it again.
func (o *oracle) tallyDropped(t *v1.StockTally) {
	if t.Status.LastFold == 0 {
		return // it counts nothing yet
	}
	o.reached.dropped++
	if o.shipped.owed[t.Name] == nil {
		o.shipped.owed[t.Name] = t
	}
	for _, p := range o.w.processes {
		p.remembered = p.tallied()
	}
	if l := o.store.ledger(); l != nil {
		o.forgetTallies(l.Status.Holder)
	}
}

// forgetTallies leaves open how often the units of a tally that was deleted count,
// where the process that holds the ledger does not know them: not at all, once, or
// twice where that process finds shipped Reservations that no tally counts, folds
// them again, and a later holder that does know the tally makes it again too. One
// that has ended matters no more.
func (o *oracle) forgetTallies(holder string) {
	at := slices.IndexFunc(o.w.processes, func(p *process) bool { return p.name == holder && p.life.Err() == nil })
	if at < 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(o.shipped.owed)) {
		owed := o.shipped.owed[name]
		if o.w.processes[at].knows(owed) {
			continue
		}
		o.w.logf("%s does not know that %s counted fold %d", holder, name, owed.Status.LastFold)
		delete(o.shipped.owed, name)
		o.shipped.forgot = true
		for _, e := range owed.Status.Entries {
			at := place{e.ProductID, e.LocationID}
			o.used[at] -= e.Quantity
			o.shipped.slack[at] += 2 * e.Quantity
		}
	}
}

// knows tells whether a process remembers all that a tally counted.
func (p *process) knows(t *v1.StockTally) bool {
	for shard := range int32(v1.MaxTallies) {
		if v1.TallyName(shard) == t.Name {
			_, lastFold := p.allocator.TallyKnown(simNamespace, shard)
			return lastFold >= t.Status.LastFold
		}
	}
	return false
}

// tallied is what a process knows of all tallies.
func (p *process) tallied() map[place]int64 {
	known := map[place]int64{}
	for shard := range int32(2) {
		entries, _ := p.allocator.TallyKnown(simNamespace, shard)
		for _, e := range entries {
			known[place{e.ProductID, e.LocationID}] += e.Quantity
		}
	}
	return known
}

// tallies are those stored, or owed in their place, by name.
func (o *oracle) tallies() map[string]*v1.StockTally {
	all := maps.Clone(o.shipped.tallied)
	maps.Copy(all, o.shipped.owed)
	return all
}

// noteStored keeps the most units of each place that the stored objects ever said
// were consumed: nobody may be shown more, since a crash could take it back.
func (o *oracle) noteStored() {
	stored := map[place]int64{}
	all := o.tallies()
	for _, t := range all {
		for _, e := range t.Status.Entries {
			stored[place{e.ProductID, e.LocationID}] += e.Quantity
		}
	}
	if open := o.shipped.open; open != nil {
		for _, u := range open.Units {
			t := all[v1.TallyName(u.Shard)]
			if t == nil || t.Status.LastFold < open.ID {
				stored[place{u.ProductID, u.LocationID}] += u.Quantity
			}
		}
	}
	for at, units := range stored {
		o.shipped.stored[at] = max(o.shipped.stored[at], units)
	}
}

// checkShipped compares the tallies with the units that Reservations say were
// shipped, once everything is calm, and returns what is tallied.
func (o *oracle) checkShipped(leader *process) map[place]int64 {
	counted := map[place]int64{}
	for _, t := range o.shipped.tallied {
		for _, e := range t.Status.Entries {
			counted[place{e.ProductID, e.LocationID}] += e.Quantity
		}
	}
	for name, owed := range o.shipped.owed {
		o.w.failf("%s was deleted and not made again, though somebody knows that it counted fold %d", name, owed.Status.LastFold)
	}
	if known := leader.tallied(); !maps.Equal(known, counted) {
		o.w.failf("%v is tallied, and %s believes %v", counted, leader.name, known)
	}
	for _, p := range o.w.processes {
		known := p.tallied()
		if o.shipped.forgot {
			break // it was made again without what they knew
		}
		for _, at := range slices.SortedFunc(maps.Keys(p.remembered), comparePlaces) {
			if known[at] < p.remembered[at] {
				o.w.failf("%s knew %d of %v to be shipped, and now %d", p.name, p.remembered[at], at, known[at])
			}
		}
	}
	used := maps.Clone(o.used)
	for at, held := range o.held() {
		used[at] -= held
	}
	for _, at := range slices.SortedFunc(maps.Keys(used), comparePlaces) {
		if counted[at] < used[at] || counted[at] > used[at]+o.shipped.slack[at] {
			o.w.failf("%d of %v are tallied, %d were shipped and %d may have been", counted[at], at, used[at], o.shipped.slack[at])
		}
	}
	return counted
}
