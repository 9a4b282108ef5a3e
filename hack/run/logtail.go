package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// explain adds the end of the operator's log to an error.
func (r *operator) explain(err error) error {
	return fmt.Errorf("%w; the end of %s:\n%s", err, r.log, tail(r.log, tailLines))
}

// tail returns the last lines of a file, indented.
func tail(path string, lines int) string {
	const most = 16 << 10 // bytes that are looked at
	file, err := os.Open(path)
	if err != nil {
		return "  " + err.Error()
	}
	defer func() { _ = file.Close() }()
	if size, err := file.Seek(0, io.SeekEnd); err == nil {
		_, _ = file.Seek(max(0, size-most), io.SeekStart)
	}
	text, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil {
		return "  " + err.Error()
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return "  " + strings.Join(all, "\n  ")
}
