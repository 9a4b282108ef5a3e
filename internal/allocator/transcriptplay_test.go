package allocator_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// play plays one command:
//
//	policy fill=300 batch=1200 compact=4800 grace=5s retention=10s
//	founded a b   both start, a is elected and founds the journal: nothing of it is shown
//	start a, elect a, depose a
//	ask a reserve cart-1 2 mug [untimed]     ask a put mug-ams 10 mug ams [generation]
//	ask a release|consume|expire cart-1      ask a publish 3
//	run [a ...]   everything arrives, is answered and watched, until nothing is left
//	arrive a      what a has sent arrives; its answers wait
//	hear a        it gets its answers            lose a   it hears that there is no answer
//	drop a        what a has sent gets lost on its way, and a hears that there is no answer
//	see a         a's watch brings what is new  gap a    a's watch ends
//	wait 3s, touch journal-0, edit journal-0, delete journal-0
//	repair a      somebody annotates what a's condition says, and everybody hears of it
//	pages, know a
func (s *theatre) play(words []string) (problem string) {
	verb, rest := words[0], words[1:]
	var a *actor
	if len(rest) > 0 {
		a = s.actors[rest[0]]
	}
	switch verb {
	case "policy":
		return s.setPolicy(rest)
	case "founded":
		s.found(rest)
	case "start":
		s.start(rest[0])
	case "elect":
		s.step(a, allocator.Journal{Event: journal.Elected{}})
	case "depose":
		s.step(a, allocator.Journal{Event: journal.Deposed{}})
	case "ask":
		return s.ask(a, rest[1:])
	case "run":
		if len(rest) == 0 {
			rest = s.names
		}
		s.run(rest)
	case "arrive":
		s.arrive(a)
	case "hear", "lose":
		s.hear(a, verb == "lose")
	case "drop":
		s.drop(a)
	case "see":
		s.see(a)
	case "gap":
		call := a.watch
		a.watch = 0
		s.step(a, allocator.Journal{Event: journal.WatchEnded{Call: call}})
	case "wait":
		d, err := time.ParseDuration(rest[0])
		if err != nil {
			return err.Error()
		}
		s.wait(d)
	case "touch":
		s.server.Touch(rest[0])
	case "delete":
		s.server.Delete(rest[0])
	case "edit":
		s.server.Edit(rest[0], func(p *journal.Page) { p.Records = p.Records[:len(p.Records)-1] })
	case "repair":
		s.repair(a)
	case "pages":
		s.sayPages()
	case "know":
		s.sayKnown(a)
	default:
		return "nobody knows what that is"
	}
	return ""
}

func (s *theatre) setPolicy(words []string) string {
	for _, word := range words {
		name, text, _ := strings.Cut(word, "=")
		d, _ := time.ParseDuration(text)
		n, _ := strconv.Atoi(text)
		switch name {
		case "fill":
			s.fill = n
		case "batch":
			s.policy.Batch = n
		case "compact":
			s.policy.CompactAbove = int64(n)
		case "grace":
			s.policy.Grace = fixture.Span(d)
		case "retention":
			s.policy.Retention = fixture.Span(d)
		default:
			return "there is no policy " + name
		}
	}
	return ""
}

// repair annotates what a condition says.
func (s *theatre) repair(a *actor) {
	request := a.Log().Damage().Request()
	repair, err := journal.ParseRepair(request)
	if err != nil {
		s.t.Fatal(err)
	}
	s.say("the StockLedger is annotated with %q", request)
	for _, name := range s.names {
		s.step(s.actors[name], allocator.Journal{Event: journal.RepairAsked{Repair: repair}})
	}
}

func (s *theatre) ask(a *actor, words []string) string {
	request, problem := s.request(words)
	if problem != "" {
		return problem
	}
	s.calls++
	s.asked[s.calls] = strings.Join(words, " ")
	s.step(a, allocator.Asked{Call: s.calls, Request: request})
	return ""
}

func (s *theatre) request(words []string) (request stock.Request, problem string) {
	number := func(i int) int64 {
		if i >= len(words) {
			return 1
		}
		n, err := strconv.ParseInt(words[i], 10, 64)
		if err != nil {
			problem = err.Error()
		}
		return n
	}
	switch about := stock.ID(words[1]); words[0] {
	case "reserve":
		options := []func(*stock.Reserve){fixture.At(s.now), fixture.Hold(20 * time.Second), fixture.Outcome(stock.ID(fmt.Sprintf("outcome-%d", s.calls+1)))}
		for i := 2; i+1 < len(words); i += 2 {
			options = append(options, fixture.Line(stock.ID(words[i+1]), number(i)))
		}
		switch last := words[len(words)-1]; last {
		case "untimed":
			options = append(options, fixture.WithoutTime())
		case "early": // the time that it had when the first cart was sent
			options = append(options, fixture.At(fixture.Start))
		}
		request = fixture.Reserve(about, options...)
	case "put":
		request = stock.PutItem{Item: fixture.Item(words[1], fixture.Stocks(stock.ID(words[3]), words[4], number(2)), fixture.Revised(number(5), s.server.Version)), Read: s.server.Version}
	case "shown":
		request = stock.ShowItem{UID: "uid-of-" + about, Generation: number(2)}
	case "release":
		request = stock.Release{Reservation: about}
	case "consume":
		request = stock.Consume{Reservation: about}
		if len(words) > 2 {
			request = stock.Consume{Reservation: about, Parts: []stock.Part{{Product: stock.ID(words[3]), Quantity: number(2)}}}
		}
	case "expire":
		request = stock.Expire{Reservation: about, Expires: s.expires(about)}
	case "publish":
		request = stock.Publish{Number: uint64(number(1))}
	default:
		problem = "nobody can ask for that"
	}
	return request, problem
}

// sayPages says what the server stores.
func (s *theatre) sayPages() {
	for _, name := range slices.Sorted(maps.Keys(s.server.Pages)) {
		switch p := s.server.Pages[name]; {
		case p.Number == 0:
			s.say("%s is blank", name)
		case p.Emptied:
			s.say("%s was page %d and is emptied", name, p.Number)
		case p.Header.Next != nil:
			s.say("%s is page %d with %d records, head %d; it goes on at %s", name, p.Number, len(p.Records), p.Header.Head, p.Header.Next.Name)
		default:
			s.say("%s is page %d with %d records, head %d; it goes on here", name, p.Number, len(p.Records), p.Header.Head)
		}
	}
}

// sayKnown says what a replica knows.
func (s *theatre) sayKnown(a *actor) {
	position := a.Log().Position()
	s.say("%s is %s at page %d, record %d, and remembers %d carts", a.name, a.Log().Stage(), position.Page, position.Index, a.Stock().Remembered())
	s.say("marks: %s", fixture.Words(a.Stock().Marks()))
	for _, product := range products {
		if available, reserved, known := a.Stock().Level(product); known {
			s.say("%s: %d to sell, %d held", product, available, reserved)
		}
	}
}

// expires is when the hold of a cart ends, as some replica knows.
func (s *theatre) expires(id stock.ID) stock.Time {
	for _, name := range s.names {
		if r, ok := s.actors[name].Stock().Reservation(id); ok {
			return r.Expires
		}
	}
	return 0
}
