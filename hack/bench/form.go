package main

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// form is how much is measured.
type form struct {
	rounds          int
	warmUp, measure time.Duration
	cells           []cell
	// reads says that GetStockLevel is measured, growth at how many open
	// Reservations the rest is.
	reads  bool
	growth []int
	// ahead are the windows of the experiment past the floor.
	ahead []int
}

var (
	everybody = []string{"floor", "ours", "bridge", "naive-1", "naive-8", "naive-64", "postgres"}
	most      = []string{"floor", "ours", "bridge", "naive-64", "postgres"}
	plain     = []string{"floor", "ours", "bridge", "postgres"}
	own       = []string{"floor", "ours", "bridge"}
)

var forms = map[string]form{
	// smoke shows that everything works, not how fast.
	"smoke": {
		rounds: 1, warmUp: 300 * time.Millisecond, measure: time.Second,
		cells: []cell{
			{hot, 16, []string{"floor", "ours", "bridge", "naive-8", "postgres"}},
			{churn, 4, own},
			{refused, 4, own},
		},
		reads: true, growth: []int{200}, ahead: []int{64},
	},
	"short": {
		rounds: 3, warmUp: 700 * time.Millisecond, measure: 2500 * time.Millisecond,
		cells: []cell{{hot, 64, everybody}, {zipf, 64, plain}, {wide, 64, plain}, {hot, 1, plain}},
		reads: true,
	},
	"long": {
		rounds: 3, warmUp: 2 * time.Second, measure: 8 * time.Second,
		cells: []cell{
			{hot, 1, everybody}, {hot, 16, everybody}, {hot, 64, everybody}, {hot, 256, everybody},
			{zipf, 1, most}, {zipf, 16, most}, {zipf, 64, most}, {zipf, 256, most},
			{wide, 1, most}, {wide, 16, most}, {wide, 64, most}, {wide, 256, most},
			{refused, 64, own}, {churn, 64, most},
		},
		reads: true, growth: []int{0, 1000, 10_000, 100_000}, ahead: []int{64, 256, 1024, 4096},
	},
}

// only is the form with no more than what matches: cells as workload/clients/contender,
// "reads", sizes as "growth/1000" and windows as "ahead/1024".
func (f form) only(pattern *regexp.Regexp) form {
	f.reads = f.reads && pattern.MatchString("reads")
	f.growth = slices.DeleteFunc(slices.Clone(f.growth), func(size int) bool {
		return !pattern.MatchString(fmt.Sprintf("growth/%d", size))
	})
	f.ahead = slices.DeleteFunc(slices.Clone(f.ahead), func(window int) bool {
		return !pattern.MatchString(fmt.Sprintf("ahead/%d", window))
	})
	var cells []cell
	for _, c := range f.cells {
		c.contenders = slices.DeleteFunc(slices.Clone(c.contenders), func(name string) bool {
			return !pattern.MatchString(fmt.Sprintf("%s/%d/%s", c.workload.name, c.clients, name))
		})
		if len(c.contenders) > 0 {
			cells = append(cells, c)
		}
	}
	f.cells = cells
	return f
}

func (f form) empty() bool {
	return len(f.cells) == 0 && !f.reads && len(f.growth) == 0 && len(f.ahead) == 0
}
