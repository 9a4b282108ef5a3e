package journal_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/internal/journal"
)

// breakSome breaks some requests, as a seed says.
func breakSome(seed uint64) func(*http.Request) fault {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 7))
	return func(*http.Request) fault {
		mu.Lock()
		defer mu.Unlock()
		delay := time.Duration(rng.IntN(300)) * time.Millisecond
		switch dice := rng.IntN(100); {
		case dice < 6:
			return fault{loseRequest: true}
		case dice < 14:
			return fault{loseAnswer: true}
		case dice < 20:
			return fault{again: 1}
		case dice < 26:
			return fault{straggler: delay}
		case dice < 30:
			return fault{delay: delay}
		case dice < 32:
			return fault{delay: 4 * delay, loseAnswer: true}
		case dice < 34:
			return fault{code: 503, answer: "later"}
		default:
			return fault{}
		}
	}
}

// Processes that compete for a journal through a network that loses, delays and doubles,
// append every number once and in order, lose none that was told, and know the same in
// the end. They found one journal.
func TestWholeUnderFaults(t *testing.T) {
	for _, seed := range seeds(t) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { playWhole(t, seed, 4*time.Second) })
	}
}

func playWhole(t *testing.T, seed uint64, lasting time.Duration) {
	w := newWorld(t)
	c := newChronicle(t)
	rng := rand.New(rand.NewPCG(seed, 99))
	w.proxy.breaks(breakSome(seed))
	const count = 3
	processes := make([]*process, count)
	launched := 0
	start := func(i int) {
		launched++
		processes[i] = w.launch(c, fmt.Sprintf("p%d", launched), fmt.Sprintf("c%d", i), seed, 1<<30)
	}
	for i := range processes {
		start(i)
		processes[i].tell(journal.Elected{})
	}
	for end := time.Now().Add(lasting); time.Now().Before(end); {
		<-time.After(time.Duration(rng.IntN(150)) * time.Millisecond)
		i := rng.IntN(count)
		switch rng.IntN(8) {
		case 0:
			w.proxy.cutWatches()
		case 1:
			c.note("%s is killed", processes[i].name)
			processes[i].kill()
			start(i)
		case 2, 3:
			processes[i].tell(journal.Deposed{})
		default:
			processes[i].tell(journal.Elected{})
		}
	}
	w.proxy.calm()
	c.note("calm")
	for _, p := range processes[1:] {
		p.tell(journal.Deposed{})
	}
	leader := processes[0]
	leader.tell(journal.Elected{})
	c.until("the one that is elected leads", func() bool { return leader.look().stage == "leading" })
	kept := leader.look().state
	c.until("it appends more", func() bool { return leader.look().state["c0"] > kept["c0"]+5 })
	leader.tell(journal.Deposed{})
	c.until("all know the same", func() bool {
		first := processes[0].look()
		for _, p := range processes {
			if l := p.look(); l.stage != "following" || l.position != first.position || !maps.Equal(l.state, first.state) {
				return false
			}
		}
		return true
	})
	c.judge()
	c.Lock()
	t.Logf("told %v, %d records, at %+v", c.told, len(c.records), leader.look().position)
	c.Unlock()
	if t.Failed() {
		c.dump()
	}
}

// A page whose metadata somebody changes goes on being written.
func TestWholeTouched(t *testing.T) {
	w := newWorld(t)
	c := newChronicle(t)
	p := w.launch(c, "p1", "c0", 1, 1<<30)
	p.tell(journal.Elected{})
	for i := range 5 {
		before := p.look().state["c0"]
		c.until("it appends", func() bool { return p.look().state["c0"] > before+3 })
		list, err := w.pages.List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for j := range list.Items {
			if err := patch(w, w.pages, list.Items[j].GetName(), fmt.Sprintf(`{"metadata":{"labels":{"touched":"%d"}}}`, i)); err != nil {
				t.Errorf("page %s cannot be touched: %v", list.Items[j].GetName(), err)
			}
		}
	}
	before := p.look().state["c0"]
	c.until("it goes on", func() bool { return p.look().state["c0"] > before+3 })
	c.judge()
	if t.Failed() {
		c.dump()
	}
}

// A leader that finds the StockLedger deleted makes it again and names the journal.
func TestWholeLedgerDeleted(t *testing.T) {
	w := newWorld(t)
	c := newChronicle(t)
	k := w.open(journal.StoreOptions{})
	p := w.launch(c, "p1", "c0", 1, 1<<30)
	p.tell(journal.Elected{})
	c.until("it appends", func() bool { return p.look().state["c0"] > 3 })
	if err := w.ledgers.Delete(t.Context(), "default", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	p.tell(journal.LedgerSeen{})
	c.until("the StockLedger names the journal again", func() bool {
		read := k.ledger(journal.ReadLedger{})
		c.Lock()
		defer c.Unlock()
		return read.Names == c.identity && c.identity != (journal.Identity{})
	})
	c.judge()
}

// When the page where the journal goes on is deleted, nobody appends any more, and who
// watched it knows that the journal ended where it knows.
func TestWholeTailDeleted(t *testing.T) {
	w := newWorld(t)
	c := newChronicle(t)
	leader, standby := w.launch(c, "p1", "c0", 1, 40), w.launch(c, "p2", "c1", 2, 0)
	leader.tell(journal.Elected{})
	k := w.open(journal.StoreOptions{})
	c.until("the StockLedger names the journal, which takes an append", func() bool {
		return k.ledger(journal.ReadLedger{}).Names.Journal != ""
	})
	c.until("both know the same", func() bool {
		a, b := leader.look(), standby.look()
		return a.state["c0"] == 40 && b.stage == "following" && a.position == b.position && a.stage == "leading"
	})
	position := leader.look().position
	name := w.tailName()
	if err := w.pages.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*process{leader, standby} {
		c.until(p.name+" sees the damage", func() bool { return p.look().stage == "damaged" })
		c.Lock()
		want := &journal.Damage{Reason: p.look().damage.Reason, Journal: c.identity, Position: position, Proven: true}
		c.Unlock()
		if diff := cmp.Diff(want, p.look().damage); diff != "" {
			t.Errorf("%s: the damage is another (-want +got):\n%s", p.name, diff)
		}
	}
	late := w.launch(c, "p3", "c2", 3, 1)
	late.tell(journal.Elected{})
	c.until("who comes later sees it too", func() bool { return late.look().stage == "damaged" })
	if d := late.look().damage; d.Proven {
		t.Errorf("who comes later says that it is proven: %+v", d)
	}
	if t.Failed() {
		c.dump()
	}
}

// tailName is the name of the page where the journal goes on.
func (w *world) tailName() string {
	w.Helper()
	k := w.open(journal.StoreOptions{})
	var tail journal.Page
	for _, p := range k.list().Pages {
		if p.Written() && p.Number > tail.Number {
			tail = p
		}
	}
	if tail.Header.Next != nil {
		return tail.Header.Next.Name
	}
	return tail.Name
}

// When a page before the tail is deleted, the leader restates what counts and the head
// passes it, so that who comes later can read everything.
func TestWholePageDeleted(t *testing.T) {
	w := newWorld(t)
	c := newChronicle(t)
	p := w.launch(c, "p1", "c0", 1, 1<<30)
	p.tell(journal.Elected{})
	k := w.open(journal.StoreOptions{})
	victim := ""
	for victim == "" {
		c.until("there is a page that counts before the tail", func() bool { return k.countsBeforeTail() != "" })
		// A page that counts now is soon the place where the journal goes on, so nothing is written
		// from the choice to the deletion.
		w.proxy.breaks(func(r *http.Request) fault {
			if r.Method == http.MethodPut {
				return fault{code: http.StatusServiceUnavailable, answer: "later"}
			}
			return fault{}
		})
		if victim = k.countsBeforeTail(); victim == "" {
			w.proxy.calm()
		}
	}
	if err := w.pages.Delete(t.Context(), victim, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	w.proxy.calm()
	before := p.look().position.Page
	c.until("the head has passed it", func() bool { return p.look().through == 0 && p.look().position.Page > before+1 })
	late := w.launch(c, "p2", "c1", 2, 0)
	c.until("who comes later knows the same", func() bool {
		return late.look().stage == "following" && late.look().state["c0"] >= p.look().state["c0"]-10
	})
	c.judge()
	if t.Failed() {
		c.dump()
	}
}

// countsBeforeTail is the name of a page that counts and is not the tail, "" if there is none.
func (k *keeper) countsBeforeTail() (name string) {
	k.Helper()
	k.store.Perform(journal.List{Call: k.call()})
	pages := k.listed()
	var tail journal.Page
	for _, page := range pages {
		if page.Written() && page.Number > tail.Number {
			tail = page
		}
	}
	for _, page := range pages {
		if page.Written() && page.Number >= tail.Header.Head && page.Number < tail.Number {
			name = page.Name
		}
	}
	return name
}

// listed are the pages of the list that was begun last; what its watch brings is left out.
func (k *keeper) listed() []journal.Page {
	k.Helper()
	for {
		if listed, ok := k.next().(journal.Listed); ok && listed.Call == k.calls {
			return listed.Pages
		}
	}
}
