package api

import "testing"

// A JournalPage has all of its fields: what is left out would be taken for empty.
func TestJournalPageCreation(t *testing.T) {
	cases := map[string]ruleCase{
		"blank":       {change: all()},
		"no time":     {set("written", "today"), refuse("written", "must be of type date-time")},
		"no number":   {set("page", "7"), refuse("page", "must be of type integer")},
		"no truth":    {set("emptied", "no"), refuse("emptied", "must be of type boolean")},
		"null header": {set("header", nil), refuse("header", "Required value")},
	}
	for field := range content(newPage()) {
		cases["without "+field] = ruleCase{remove(field), refuse(field, "Required value")}
	}
	checkCreates(t, pages, newPage(), cases)
}

// The operator writes a page over, naming what it replaces. Whoever edits a page does not,
// and is told; labels and annotations may change.
func TestJournalPageUpdates(t *testing.T) {
	edit := refuse("over", "the content of a JournalPage is written by the operator alone: undo this edit")
	written := newPage(set("page", int64(7)), set("first", int64(3)), set("records", int64(1)), set("bytes", int64(2)),
		set("leader", "operator-1"), set("header", "{}"), set("data", "AA=="), set("token", "operator-1/2"), set("over", "operator-1/1"))
	cases := map[string]ruleCase{
		"nothing":         {change: all()},
		"label":           {change: set("metadata.labels", map[string]any{"a": "b"})},
		"annotation":      {change: set("metadata.annotations", map[string]any{"a": "b"})},
		"written over":    {change: all(set("over", "operator-1/2"), set("token", "operator-2/1"), set("data", ""))},
		"over one before": {all(set("over", "operator-1/1"), set("token", "operator-2/1")), edit},
		"over another":    {all(set("over", "operator-9/9"), set("token", "operator-2/1"), set("data", "")), edit},
		"token alone":     {set("token", "operator-2/1"), edit},
		"the same token":  {all(set("over", "operator-1/2"), set("data", "")), edit},
		"another number":  {change: all(set("over", "operator-1/2"), set("token", "operator-2/1"), set("page", int64(8)))},
	}
	for field, other := range map[string]any{
		"page": int64(8), "first": int64(4), "records": int64(2), "bytes": int64(3), "written": "2026-01-02T03:04:06Z",
		"leader": "operator-2", "emptied": true, "header": "", "data": "",
	} {
		cases[field] = ruleCase{set(field, other), edit}
	}
	checkUpdates(t, pages, written, cases)
}
