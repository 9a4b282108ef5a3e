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
	// bound is how long a burst may take.
	bound time.Duration
	cells []cell
	// reads says that GetStockLevel is measured, growth at how many open
	// Reservations the rest is.
	reads  bool
	growth []int
	// remembered is how many finished carts are kept in memory.
	remembered int
	// cold are cold starts.
	cold []coldForm
	// platforms are operators for many namespaces.
	platforms []platformForm
	pages     pageForm
	archive   archiveForm
}

var (
	everybody = withBridges("floor", "ours", "bridge", "naive-1", "naive-8", "naive-64", "postgres", "postgres-http", "postgres-group")
	most      = withBridges("floor", "ours", "bridge", "naive-64", "postgres", "postgres-http", "postgres-group")
	plain     = withBridges("floor", "ours", "bridge", "postgres", "postgres-http", "postgres-group")
	own       = withBridges("floor", "ours", "bridge")
	// overHTTP are those that the same clients drive.
	overHTTP = withBridges("bridge", "postgres-http", "postgres-group")
	// telling are those that deliver every event, over the same clients.
	telling = withBridges("bridge", "postgres-outbox")
)

var forms = map[string]form{
	// smoke shows that everything works, not how fast.
	"smoke": {
		rounds: 1, warmUp: 200 * time.Millisecond, measure: 700 * time.Millisecond, bound: 2 * time.Second,
		cells: []cell{
			{workload: hot, clients: 16, contenders: withBridges("floor", "ours", "bridge", "naive-8", "postgres", "postgres-http", "postgres-group")},
			{workload: churn, clients: 4, contenders: withBridges("floor", "ours", "bridge", "postgres-http", "postgres-group")},
			{workload: refused, clients: 4, contenders: overHTTP},
			{workload: hot, clients: 16, contenders: telling, events: true},
			{workload: scarce, clients: 16, contenders: overHTTP},
		},
		reads: true, growth: []int{200}, cold: []coldForm{{200, 100}},
		platforms: []platformForm{{namespaces: 5, hot: 8, lasts: time.Second}},
		pages: pageForm{
			cells: []pageCell{{kib: 1, schema: unformatted, pages: 8}, {kib: 8, schema: ruled, pages: 1}}, puts: 20,
			loads: []pageLoad{{kib: 1, schema: unformatted, perSecond: 10, lasts: time.Second}}, codings: true,
		},
		archive: archiveForm{lasts: time.Second, behind: 500},
	},
	"short": {
		rounds: 3, warmUp: 700 * time.Millisecond, measure: 2500 * time.Millisecond, bound: 20 * time.Second,
		cells: []cell{
			{workload: hot, clients: 64, contenders: everybody},
			{workload: wide, clients: 64, contenders: plain},
			{workload: refused, clients: 64, contenders: overHTTP},
			{workload: zipf, clients: 64, contenders: withBridges("floor", "ours", "bridge", "postgres", "postgres-http"), rounds: 2},
			{workload: hot, clients: 1, contenders: withBridges("floor", "ours", "bridge", "postgres", "postgres-http")},
			{workload: hot, clients: 256, contenders: overHTTP, rounds: 2},
			{workload: hot, clients: 64, contenders: telling, rounds: 2, events: true},
			{workload: burst, clients: 256, contenders: overHTTP, rounds: 1},
			{workload: scarce, clients: 256, contenders: overHTTP, rounds: 1},
		},
		reads: true, archive: archiveForm{lasts: 15 * time.Second, behind: 20_000},
		platforms: []platformForm{{namespaces: 200, hot: 64, lasts: 8 * time.Second}},
	},
	"long": {
		rounds: 3, warmUp: 2 * time.Second, measure: 8 * time.Second, bound: 5 * time.Minute,
		cells: []cell{
			{workload: hot, clients: 1, contenders: everybody}, {workload: hot, clients: 16, contenders: everybody},
			{workload: hot, clients: 64, contenders: everybody}, {workload: hot, clients: 256, contenders: everybody},
			{workload: zipf, clients: 1, contenders: most}, {workload: zipf, clients: 16, contenders: most},
			{workload: zipf, clients: 64, contenders: most}, {workload: zipf, clients: 256, contenders: most},
			{workload: wide, clients: 1, contenders: most}, {workload: wide, clients: 16, contenders: most},
			{workload: wide, clients: 64, contenders: most}, {workload: wide, clients: 256, contenders: most},
			{workload: refused, clients: 64, contenders: withBridges("floor", "ours", "bridge", "postgres-http", "postgres-group")},
			{workload: churn, clients: 64, contenders: most},
			{workload: hot, clients: 64, contenders: telling, events: true},
			{workload: burst, clients: 256, contenders: overHTTP}, {workload: scarce, clients: 256, contenders: overHTTP},
		},
		reads: true, growth: []int{0, 1000, 10_000, 100_000}, remembered: 100_000, cold: []coldForm{{100_000, 1000}, {100_000, 100_000}},
		platforms: []platformForm{{namespaces: 20, hot: 64, lasts: 30 * time.Second}, {namespaces: 200, hot: 64, lasts: 60 * time.Second}},
		pages: pageForm{
			cells: pageCells(1, 4, 8, 16, 32, 64), puts: 200,
			loads: []pageLoad{
				{kib: 8, schema: unformatted, perSecond: 50, lasts: 90 * time.Second},
				{kib: 16, schema: ruled, perSecond: 50, lasts: 90 * time.Second},
			},
			codings: true,
		},
		archive: archiveForm{lasts: time.Minute, behind: 100_000},
	},
}

// path is how --only names a contender's part of a cell.
func (c cell) path(contender string) string {
	path := fmt.Sprintf("%s/%d/%s", c.workload.name, c.clients, contender)
	if c.events {
		path = "events/" + path
	}
	return path
}

// only is the form with no more than what matches: cells as workload/clients/contender,
// those with events as events/workload/clients/contender, pages as pages/8/rule/1,
// pages/memory/8 and pages/encoding, "reads", sizes as "growth/1000", "remembered", "archive", cold
// starts as "cold/100000/1000", and many namespaces as "platform/200".
func (f form) only(pattern *regexp.Regexp) form {
	f.reads = f.reads && pattern.MatchString("reads")
	f.growth = slices.DeleteFunc(slices.Clone(f.growth), func(size int) bool {
		return !pattern.MatchString(fmt.Sprintf("growth/%d", size))
	})
	if !pattern.MatchString("remembered") {
		f.remembered = 0
	}
	f.cold = slices.DeleteFunc(slices.Clone(f.cold), func(c coldForm) bool { return !pattern.MatchString(c.String()) })
	f.platforms = slices.DeleteFunc(slices.Clone(f.platforms), func(p platformForm) bool { return !pattern.MatchString(p.String()) })
	if !pattern.MatchString("archive") {
		f.archive = archiveForm{}
	}
	f.pages = f.pages.only(pattern.MatchString)
	var cells []cell
	for _, c := range f.cells {
		c.contenders = slices.DeleteFunc(slices.Clone(c.contenders), func(name string) bool {
			return !pattern.MatchString(c.path(name))
		})
		if len(c.contenders) > 0 {
			cells = append(cells, c)
		}
	}
	f.cells = cells
	return f
}

func (f form) empty() bool {
	return len(f.cells) == 0 && !f.reads && len(f.growth) == 0 && len(f.cold) == 0 && len(f.platforms) == 0 && f.remembered == 0 && f.pages.empty() && f.archive == (archiveForm{})
}
