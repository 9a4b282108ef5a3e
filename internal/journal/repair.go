package journal

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	v1 "github.com/acme/inventory-service/api/v1"
)

// acceptLoss is what a person has to add where the end of the journal is not proven.
const acceptLoss = "accept-loss"

// Repair is what a person asks for: that the journal be restated by a process which knows
// it up to exactly this position.
type Repair struct {
	// Journal is the uid of the damaged journal.
	Journal  string
	Position Position
	// AcceptLoss says that whatever followed the position may be lost. Then a process that
	// knows more may restate it as well.
	AcceptLoss bool
}

// Request is the value that the annotation has to have.
func (d Damage) Request() string {
	text := fmt.Sprintf("%s %d %d %s", d.Journal.Journal, d.Position.Page, d.Position.Index, d.Position.Digest)
	if !d.Proven {
		text += " " + acceptLoss
	}
	return text
}

// ParseRepair reads the value of the annotation, which is what Request writes. Empty text asks for nothing.
func ParseRepair(text string) (Repair, error) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return Repair{}, nil
	}
	r, err := parseRepair(fields)
	if err != nil {
		return Repair{}, fmt.Errorf("the annotation %s is %.200q: %w; copy its value from the condition JournalDamaged", v1.RepairAnnotation, text, err)
	}
	return r, nil
}

func parseRepair(fields []string) (r Repair, err error) {
	if len(fields) < 4 || len(fields) > 5 {
		return r, errors.New("it has to name the journal, the page, the record and the digest, each after a space")
	}
	r.Journal, r.Position.Digest = fields[0], fields[3]
	if r.Position.Page, err = strconv.ParseUint(fields[1], 10, 64); err != nil {
		return r, fmt.Errorf("the page %.40q is no number", fields[1])
	}
	if r.Position.Index, err = strconv.Atoi(fields[2]); err != nil || r.Position.Index < 0 {
		return r, fmt.Errorf("the record %.40q is no number", fields[2])
	}
	if _, ok := parseChain(r.Position.Digest); !ok {
		return r, fmt.Errorf("the digest %.80q does not have 64 hexadecimal digits", r.Position.Digest)
	}
	if len(fields) == 5 {
		if r.AcceptLoss = fields[4] == acceptLoss; !r.AcceptLoss {
			return r, fmt.Errorf("only %s may follow the digest, not %.40q", acceptLoss, fields[4])
		}
	}
	return r, nil
}

// repairAsked takes in what a person asks for. Who leads begins at once, others if nobody
// else has done it, and who knows nothing at the very last.
func (l *Log) repairAsked(e RepairAsked) []Effect {
	if e.Repair == l.repair {
		return nil
	}
	l.repair, l.repairAt = e.Repair, l.now
	if !l.elected {
		l.repairAt = l.repairAt.Add(patience)
	}
	if l.identity == (Identity{}) {
		l.repairAt = l.repairAt.Add(patience)
	}
	if l.stage == damaged && l.asking == 0 && l.namespace != "" {
		return l.askLedger()
	}
	return nil
}

// mayRestate begins to restate the journal, if that is asked for and this process may. The
// StockLedger names it, as was just read.
func (l *Log) mayRestate() []Effect {
	if !l.asked() || l.now.Before(l.repairAt) {
		return nil
	}
	l.become(restating)
	l.restate = restate{old: l.about(), accept: l.repair.AcceptLoss}
	return l.listRestating()
}

// asked tells whether a person asks for what this process can do.
func (l *Log) asked() bool {
	d, r := l.damage, l.repair
	switch {
	case d == nil || r.Journal == "" || r.Journal != d.Journal.Journal:
		return false
	case r.AcceptLoss:
		return d.Position.reaches(r.Position)
	case !d.Proven:
		return false
	default:
		return d.Position == r.Position
	}
}

// restate is the making of a journal in place of a damaged one.
type restate struct {
	old    Identity
	accept bool
	// listing is the list that is waited for.
	listing uint64
	// place is the page that is written next, at the version known; spare a blank one on which
	// the journal goes on after it. first is the number of the first page.
	place, spare known
	first        uint64
	// tail is the page written last, pages are all that were, and landed is how many records
	// they have.
	tail   tail
	pages  []*Page
	landed int
	// complete says that nothing is left to be restated: the StockLedger has to name it.
	complete bool
}

// Restated is how many records have been restated in this repair.
func (l *Log) Restated() int { return l.restate.landed }

// Restating tells whether this process restates a damaged journal.
func (l *Log) Restating() bool { return l.stage == restating }
