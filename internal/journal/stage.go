package journal

import "fmt"

// stage is how far a process is with a journal.
type stage int

const (
	// reading: it waits for a list.
	reading stage = iota
	// vacant: there is no journal.
	vacant
	// founding: it makes one.
	founding
	// following: what it knows is complete as far as its watch goes.
	following
	// claiming: it appends a term.
	claiming
	// leading: it appends what is decided.
	leading
	// damaged: pages that count are missing or edited.
	damaged
	// restating: what is known of a damaged journal is written to a new one.
	restating
	// foreign: the pages have a format that this release does not know.
	foreign
)

var stageNames = [...]string{"reading", "vacant", "founding", "following", "claiming", "leading", "damaged", "restating", "foreign"}

func (s stage) String() string { return stageNames[s] }

// legal are the stages that may follow each. Every stage may go back to reading.
var legal = map[stage][]stage{
	reading:   {vacant, founding, following, damaged, foreign},
	vacant:    {},
	founding:  {leading, damaged},
	following: {claiming, damaged, foreign},
	claiming:  {leading, following, damaged, foreign},
	leading:   {following, damaged, foreign},
	damaged:   {restating},
	restating: {damaged, following},
	foreign:   {},
}

// become goes on to another stage. It panics where that is not legal: such a step is a
// fault of this package.
func (l *Log) become(next stage) {
	if next != reading { // a list that is under way does not tell yet
		l.unreadable = next == foreign
	}
	if next == reading || next == l.stage {
		l.stage = next
		return
	}
	for _, s := range legal[l.stage] {
		if s == next {
			l.stage = next
			return
		}
	}
	panic(fmt.Sprintf("journal: a process that is %s cannot become %s", l.stage, next))
}
