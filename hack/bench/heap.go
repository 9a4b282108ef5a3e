package main

import (
	"fmt"
	"regexp"
	"strconv"
)

var heapAlloc = regexp.MustCompile(`(?m)^# HeapAlloc = (\d+)$`)

// readHeapAlloc takes the size of the heap out of a profile in text, in MiB.
func readHeapAlloc(profile []byte, of string) (float64, error) {
	found := heapAlloc.FindSubmatch(profile)
	if found == nil {
		return 0, fmt.Errorf("no HeapAlloc in %s", of)
	}
	bytes, err := strconv.ParseFloat(string(found[1]), 64)
	return bytes / (1 << 20), err
}
