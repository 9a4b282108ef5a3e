package publisher

import "k8s.io/apimachinery/pkg/types"

// order takes notice that the handler is done with a change, other than the first
// ones from the store. lastSync is the informer's LastSyncResourceVersion, read after
// that.
func (t *tracker) order(version, lastSync uint64) {
	if lastSync < t.safe {
		t.restart()
	}
	if version > t.fence {
		t.advance(t.fence)
		t.fence = lastSync
	}
}

// restart forgets how far things were: resourceVersions went back, so somebody has
// restored the API server's storage. Everything decided that is met again is sent, but
// for what this process knows to be delivered.
func (t *tracker) restart() {
	t.safe, t.fence = 0, 0
	for _, ns := range t.namespaces {
		ns.start, ns.top = 0, 0
	}
}

func (t *tracker) advance(safe uint64) {
	if safe <= t.safe {
		return
	}
	t.safe = safe
	kept := map[types.UID]uint64{}
	for uid, version := range t.recent {
		if version > safe {
			kept[uid] = version
		}
	}
	t.recent = kept
}

// version is the newest version of a decided Reservation in the store.
type version struct {
	namespace string
	uid       types.UID
	number    uint64
}

// settle moves on to where the store is, when nothing has come for a while. Fences
// alone would leave the last changes behind for as long as nothing else changes, and
// the next process would send them again.
//
// stored are the decided Reservations of the store and synced is a resourceVersion
// that the store had reached before they were read. If the tracker has met them all,
// then every outcome up to synced whose Reservation still exists is pending or
// acknowledged, which is all that the rule of the cursor asks.
func (t *tracker) settle(stored []version, synced uint64) {
	for _, v := range stored {
		if v.number > t.safe && !t.met(v) {
			return
		}
	}
	t.advance(synced)
}

func (t *tracker) met(v version) bool {
	return t.pending[v.uid] != nil || t.delivered(v.namespace, v.uid, v.number)
}

// unsettled tells whether settle could move a cursor that matters.
func (t *tracker) unsettled() bool {
	for _, ns := range t.namespaces {
		if t.safe < ns.top && ns.start <= ns.top {
			return true
		}
	}
	return t.safe == 0
}

// cursor is the lowest resourceVersion of the namespace whose outcome may not be
// acknowledged; 0 if nothing is known.
func (t *tracker) cursor(ns *namespace) uint64 {
	cursor := ns.start
	if t.safe > 0 {
		cursor = max(cursor, t.safe+1)
	}
	if len(ns.holding) > 0 {
		cursor = min(cursor, ns.holding[0].first)
	}
	return cursor
}

// report returns what is new in each namespace since the last report, and forgets the
// namespaces that are empty, which it returns too.
//
// A cursor that is past everything decided in its namespace stays as it is, or a busy
// namespace would have the ledgers of all idle ones written.
func (t *tracker) report() (news map[string]progress, gone []string) {
	news = map[string]progress{}
	for name, ns := range t.namespaces {
		now := progress{cursor: ns.told.cursor, backlog: ns.backlog}
		if cursor := t.cursor(ns); cursor < now.cursor || now.cursor <= ns.top {
			now.cursor = cursor
		}
		if now != ns.told {
			ns.told = now
			news[name] = now
		}
		passed := ns.told.cursor > ns.top || ns.top == 0
		if ns.objects == 0 && ns.backlog == 0 && t.safe > 0 && passed {
			delete(t.namespaces, name)
			gone = append(gone, name)
		}
	}
	return news, gone
}
