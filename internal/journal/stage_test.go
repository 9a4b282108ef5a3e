package journal

import "testing"

// Every stage can be reached, and a step that the table does not have is a panic.
func TestStages(t *testing.T) {
	reached := map[stage]bool{reading: true}
	for _, next := range legal {
		for _, s := range next {
			reached[s] = true
		}
	}
	for s := range stageNames {
		if !reached[stage(s)] {
			t.Errorf("nothing leads to %s", stage(s))
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a process that was vacant became leading")
		}
	}()
	(&Log{stage: vacant}).become(leading)
}
