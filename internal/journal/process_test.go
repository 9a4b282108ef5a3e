package journal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/acme/inventory-service/internal/journal"
)

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
			p.note("%s %-9s <- %s", p.name, p.log.Stage(), brief(event))
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
			p.note("%s reset", p.name)
			p.state, p.based, p.head = map[string]int{}, false, 0
		case journal.Applied:
			p.applied(p.name, p.log.Identity(), e)
			p.head, p.based = e.Head, p.based || e.Page == 1
			for _, record := range e.Records {
				p.apply(string(record))
			}
		case journal.Landed:
			p.note("%s landed %d", p.name, p.sent)
			p.landed()
		case journal.Abandoned:
			p.note("%s abandoned %d", p.name, p.sent)
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
		if next > p.wanted && !p.log.AppendNeeded() {
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
