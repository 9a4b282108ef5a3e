package allocator_test

import (
	"fmt"
	"strings"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

func pageOf(effect journal.Effect) string {
	if put, ok := effect.(journal.Put); ok {
		return put.Page.Name
	}
	return ""
}

// saySent says what arrived, and what the server made of it.
func (s *theatre) saySent(a *actor, effect journal.Effect, before *journal.Page, answer journal.Event) {
	put, ok := effect.(journal.Put)
	if !ok {
		name, _, _ := strings.Cut(strings.TrimPrefix(fmt.Sprintf("%T", effect), "journal."), "{")
		s.say("%s: %s%s ⇒ %s", a.name, name, nameOf(effect), shortAnswer(answer))
		return
	}
	s.say("%s: %s ⇒ %s", a.name, effectText{effect}, answerText{answer})
	if wrote := answer.(journal.Wrote); wrote.Result != journal.Stored || put.Page.Emptied {
		return
	}
	first := 0
	if before != nil && before.Number == put.Page.Number {
		first = len(before.Records)
	}
	for _, record := range put.Page.Records[first:] {
		s.say("        %s", fixture.Words(record))
	}
	marks, err := stock.ParseMarks(put.Page.Header.Marks)
	if err != nil {
		s.t.Fatal(err)
	}
	s.say("        marks: %s", fixture.Words(marks))
}

func nameOf(effect journal.Effect) string {
	switch e := effect.(type) {
	case journal.Get:
		return " " + e.Name
	case journal.Create:
		return " " + e.Name
	default:
		return ""
	}
}

func shortAnswer(answer journal.Event) string {
	switch e := answer.(type) {
	case journal.LedgerRead:
		if !e.Found {
			return "there is none"
		}
		return fmt.Sprintf("it names %q", e.Names.Journal)
	case journal.NamespaceRead:
		return e.UID
	case journal.Created:
		if e.Page == nil {
			return "not created"
		}
		return "created"
	default:
		return answerText{answer}.String()
	}
}
