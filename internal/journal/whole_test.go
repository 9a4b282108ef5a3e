package journal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/internal/journal"
)

// chronicle is what all processes of a test have seen, judged as they see it.
type chronicle struct {
	sync.Mutex
	t testing.TB
	// records are those of the journal by page and index, as whoever applied them first
	// saw them; identity is the journal's.
	records  map[place]string
	identity journal.Identity
	// told is the highest number of each client that was told as landed.
	told map[string]int
	// trace is what happened, for a failure.
	trace []string
	start time.Time
}

type place struct {
	page  uint64
	index int
}

func newChronicle(t testing.TB) *chronicle {
	return &chronicle{t: t, records: map[place]string{}, told: map[string]int{}, start: time.Now()}
}

func (c *chronicle) note(format string, args ...any) {
	c.Lock()
	defer c.Unlock()
	c.trace = append(c.trace, fmt.Sprintf("%8.3f ", time.Since(c.start).Seconds())+fmt.Sprintf(format, args...))
}

func (c *chronicle) failf(format string, args ...any) {
	c.note("WRONG: "+format, args...)
	c.t.Errorf(format, args...)
}

// applied judges what a process applied.
func (c *chronicle) applied(name string, identity journal.Identity, a journal.Applied) {
	c.Lock()
	var wrong []string
	if c.identity == (journal.Identity{}) {
		c.identity = identity
	}
	if c.identity != identity {
		wrong = append(wrong, fmt.Sprintf("%s applied records of journal %v, others of %v", name, identity, c.identity))
	}
	first := a.Position.Index - len(a.Records)
	for i, record := range a.Records {
		at := place{a.Page, first + i}
		if known, ok := c.records[at]; ok && known != string(record) {
			wrong = append(wrong, fmt.Sprintf("%s applied %q at %v, others %q", name, record, at, known))
		}
		c.records[at] = string(record)
	}
	c.Unlock()
	for _, text := range wrong {
		c.failf("%s", text)
	}
}

// process is one process: a Log, its Store, and the State of a client's numbers.
type process struct {
	*chronicle
	name, client string
	log          *journal.Log
	store        *journal.Store
	events       chan journal.Event
	stop         context.CancelFunc
	ended        chan struct{}
	rng          *rand.Rand

	// state has the highest number of each client; it is based once it has all of them,
	// which what precedes a fact on the head page alone does not tell. head is the
	// journal's, sent the highest number in the batch under way.
	state map[string]int
	based bool
	head  uint64
	sent  int
	terms int

	// wanted is how many numbers the client wants to be appended.
	wanted int
	// view is what others may look at.
	view struct {
		sync.Mutex
		view
	}
}

// view is what a process shows of itself.
type view struct {
	position journal.Position
	stage    string
	state    map[string]int
	through  uint64
	damage   *journal.Damage
}

// launch starts a process.
func (w *world) launch(c *chronicle, name, client string, seed uint64, wanted int) *process {
	w.Helper()
	httpClient, err := journal.NewClient(w.proxy.config, nil)
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{
		chronicle: c, name: name, client: client, events: make(chan journal.Event), stop: cancel, ended: make(chan struct{}),
		rng: rand.New(rand.NewPCG(seed, uint64(len(name)))), state: map[string]int{}, wanted: wanted,
	}
	p.log = journal.New(journal.Config{
		Self: journal.Leader{Name: name}, Process: name, Fill: 600, MaxPage: 4000, Spare: 1,
		WriteFormat: journal.Format, Pack: journal.Pack,
	})
	p.store = journal.NewStore(ctx, httpClient, w.namespace, p.events, journal.StoreOptions{Timeout: time.Second, Chunk: 3, Watch: 3 * time.Second})
	go p.run(ctx)
	w.Cleanup(p.kill)
	return p
}

// kill ends the process as a crash would, but for the requests that are under way.
func (p *process) kill() {
	p.stop()
	<-p.ended
	p.store.Wait()
}

// tell tells the process something, unless it has ended.
func (p *process) tell(event journal.Event) {
	select {
	case p.events <- event:
	case <-p.ended:
	}
}

func (p *process) run(ctx context.Context) {
	defer close(p.ended)
	defer func() {
		if r := recover(); r != nil {
			p.failf("%s: panic: %v", p.name, r)
			panic(r)
		}
	}()
	p.perform(p.log.Start())
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-p.events:
			p.chronicle.note("%s %-9s <- %s", p.name, p.log.Stage(), brief(event))
			p.perform(p.log.Step(time.Now(), event))
		}
		p.turn()
		p.show()
	}
}

func (p *process) perform(effects []journal.Effect) {
	for _, effect := range effects {
		switch e := effect.(type) {
		case journal.Reset:
			p.chronicle.note("%s reset", p.name)
			p.state, p.based, p.head = map[string]int{}, false, 0
		case journal.Applied:
			p.chronicle.applied(p.name, p.log.Identity(), e)
			p.head, p.based = e.Head, p.based || e.Page == 1
			for _, record := range e.Records {
				p.apply(string(record))
			}
		case journal.Landed:
			p.chronicle.note("%s landed %d", p.name, p.sent)
			p.landed()
		case journal.Abandoned:
			p.chronicle.note("%s abandoned %d", p.name, p.sent)
			p.sent = 0
		case journal.Refused:
			p.failf("%s: a batch was refused: %v", p.name, e.Err)
		case journal.Proved:
		default:
			p.store.Perform(effect)
		}
	}
}

// apply takes one record in. Numbers come one after the other.
func (p *process) apply(record string) {
	kind, rest, _ := strings.Cut(record, " ")
	switch kind {
	case "fact":
		fact := map[string]int{}
		if err := json.Unmarshal([]byte(rest), &fact); err != nil {
			p.failf("%s: %v", p.name, err)
		}
		if p.based && !maps.Equal(fact, p.state) {
			p.failf("%s: state %v is restated as %v", p.name, p.state, fact)
		}
		p.state, p.based = fact, true
	case "number":
		var client string
		var number int
		if _, err := fmt.Sscanf(rest, "%s %d", &client, &number); err != nil {
			p.failf("%s: %v", p.name, err)
		}
		if p.based && number != p.state[client]+1 {
			p.failf("%s: number %d of %s comes after %d", p.name, number, client, p.state[client])
		}
		p.state[client] = number
	}
}

// landed tells the client that its numbers are stored.
func (p *process) landed() {
	if p.sent == 0 {
		return
	}
	if p.state[p.client] < p.sent {
		p.failf("%s: told that %d landed, and state has %d", p.name, p.sent, p.state[p.client])
	}
	p.Lock()
	p.told[p.client] = max(p.told[p.client], p.sent)
	p.Unlock()
	p.sent = 0
}

// turn appends what may be appended.
func (p *process) turn() {
	switch p.log.Turn(time.Now()) {
	case journal.Claim:
		p.terms++
		p.sent = 0
		p.perform(p.log.Append(journal.Batch{Records: [][]byte{fmt.Appendf(nil, "term %s %d", p.name, p.terms)}, Head: max(p.head, 1)}))
	case journal.Open:
		next := p.state[p.client] + 1
		if next > p.wanted && !p.log.Needed() {
			return
		}
		batch := journal.Batch{Head: max(p.head, 1)}
		if p.rng.IntN(6) == 0 || p.log.Through() >= p.head {
			fact, _ := json.Marshal(p.state)
			batch.Records, batch.Head = append(batch.Records, append([]byte("fact "), fact...)), p.log.NextPage()
		}
		p.sent = 0
		for range 1 + p.rng.IntN(3) {
			if next > p.wanted {
				break
			}
			padding := strings.Repeat("x", p.rng.IntN(200))
			batch.Records = append(batch.Records, fmt.Appendf(nil, "number %s %d %d%s", p.client, next, p.rng.Uint64(), padding))
			p.sent = next
			next++
		}
		p.perform(p.log.Append(batch))
	}
}

func (p *process) show() {
	p.view.Lock()
	defer p.view.Unlock()
	p.view.view = view{
		position: p.log.Position(), stage: p.log.Stage(), state: maps.Clone(p.state), through: p.log.Through(), damage: p.log.Damage(),
	}
}

func (p *process) look() view {
	p.view.Lock()
	defer p.view.Unlock()
	return p.view.view
}

// brief is an event as a trace shows it.
func brief(event journal.Event) string {
	page := func(p *journal.Page) string {
		if p == nil {
			return "none"
		}
		text := fmt.Sprintf("%s@%d n%d", p.Name, p.Version, p.Number)
		if p.Number > 0 {
			text += fmt.Sprintf(" head %d, %d records, token %s over %s", p.Header.Head, len(p.Records), p.Token, p.Over)
			if p.Header.Next != nil {
				text += ", next " + p.Header.Next.Name
			}
			if p.Emptied {
				text += ", emptied"
			}
		}
		if p.Broken != "" {
			text += " BROKEN " + p.Broken
		}
		return text
	}
	switch e := event.(type) {
	case journal.Listed:
		text := fmt.Sprintf("Listed %d at %d err %v", e.Call, e.Version, e.Err)
		for i := range e.Pages {
			text += "\n\t\t" + page(&e.Pages[i])
		}
		return text
	case journal.Watched:
		return fmt.Sprintf("Watched %d deleted %t %s", e.Call, e.Deleted, page(&e.Page))
	case journal.Got:
		return fmt.Sprintf("Got %d %s err %v", e.Call, page(e.Page), e.Err)
	case journal.Wrote:
		return fmt.Sprintf("Wrote %d result %d %s err %v", e.Call, e.Result, page(e.Page), e.Err)
	case journal.Created:
		return fmt.Sprintf("Created %d %s", e.Call, page(e.Page))
	default:
		return fmt.Sprintf("%T %+v", event, event)
	}
}

// until waits for something to be so, with a bound.
func (c *chronicle) until(what string, so func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); !so(); {
		if time.Now().After(deadline) {
			c.dump()
			c.t.Fatalf("it never came to this: %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// dump prints the end of the trace.
func (c *chronicle) dump() {
	c.Lock()
	defer c.Unlock()
	c.t.Logf("journal %v, told %v, the last of %d steps:\n%s", c.identity, c.told, len(c.trace), strings.Join(c.trace[max(0, len(c.trace)-400):], "\n"))
}

// judge tells whether every number of each client is there once, in order.
func (c *chronicle) judge() {
	c.Lock()
	defer c.Unlock()
	places := make([]place, 0, len(c.records))
	for at := range c.records {
		places = append(places, at)
	}
	sortPlaces(places)
	there := map[string]int{}
	for _, at := range places {
		var client string
		var number int
		if n, _ := fmt.Sscanf(c.records[at], "number %s %d", &client, &number); n != 2 {
			continue
		}
		if number != there[client]+1 {
			c.t.Errorf("number %d of %s at %v comes after %d", number, client, at, there[client])
		}
		there[client] = number
	}
	for client, number := range c.told {
		if there[client] < number {
			c.t.Errorf("%s was told that %d landed, and the journal has %d", client, number, there[client])
		}
	}
}

// breakSome breaks some requests, as a seed says.
func breakSome(seed uint64) func(*http.Request) fault {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 7))
	return func(r *http.Request) fault {
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
	c.until("there is a page that counts before the tail", func() bool {
		var tail journal.Page
		k.store.Perform(journal.List{Call: k.call()})
		pages := k.listed()
		for _, page := range pages {
			if page.Written() && page.Number > tail.Number {
				tail = page
			}
		}
		for _, page := range pages {
			if page.Written() && page.Number >= tail.Header.Head && page.Number < tail.Number {
				victim = page.Name
			}
		}
		return victim != ""
	})
	if err := w.pages.Delete(t.Context(), victim, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
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

// listed are the pages of the list that was begun last; what its watch brings is left out.
func (k *keeper) listed() []journal.Page {
	k.Helper()
	for {
		if listed, ok := k.next().(journal.Listed); ok && listed.Call == k.calls {
			return listed.Pages
		}
	}
}
