package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// procStat is what the system counts of a process.
type procStat struct {
	pid, parent int
	program     string
	usage       usage
}

// procUsage sums up what the processes that match use, as the system counts it: that
// costs them nothing, where their own metrics may cost more than what is measured.
func procUsage(matches func(procStat) bool) (usage, error) {
	var sum usage
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return sum, err
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		if p, ok := parseStat(string(text)); ok && matches(p) {
			sum.cpuSeconds += p.usage.cpuSeconds
			sum.rssBytes += p.usage.rssBytes
		}
	}
	return sum, nil
}

// parseStat reads a line such as "12 (name) S 1 ...", in which the name may be anything.
func parseStat(text string) (p procStat, ok bool) {
	from, to := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if from < 0 || to < from {
		return p, false
	}
	const parent, userTime, systemTime, resident = 1, 11, 12, 21
	fields := strings.Fields(text[to+1:])
	if len(fields) <= resident {
		return p, false
	}
	number := func(text string) float64 {
		value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		ok = ok && err == nil
		return value
	}
	ok = true
	p.pid, p.parent, p.program = int(number(text[:from])), int(number(fields[parent])), text[from+1:to]
	const ticks = 100 // USER_HZ, the same on every Linux
	p.usage.cpuSeconds = (number(fields[userTime]) + number(fields[systemTime])) / ticks
	p.usage.rssBytes = number(fields[resident]) * float64(os.Getpagesize())
	return p, ok
}

// childUsage is what a program that this process started has used.
func childUsage(program string) (usage, error) {
	own := os.Getpid()
	return procUsage(func(p procStat) bool { return p.parent == own && p.program == program })
}
