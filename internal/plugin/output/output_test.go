package output

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// What others wrote cannot change the terminal, and stays as it is where it is harmless.
func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"blue mug":      "blue mug",
		"茶 ☕":           "茶 ☕",
		"\x1b[31mred":   `\u001b[31mred`,
		"a\nb\tc":       `a\u000ab\u0009c`,
		"right\u202eto": `right\u202eto`,
		"bad\xff":       "bad�",
	} {
		if got := Printable(text); got != want {
			t.Errorf("Printable(%q) = %q, want %q", text, got, want)
		}
	}
}

// A bar is as wide as any other, and what is there is seen.
func TestBar(t *testing.T) {
	ascii, blocks := Screen{}, Screen{Unicode: true}
	for name, test := range map[string]struct{ got, want string }{
		"full":                {ascii.Bar(10, 10), "##########"},
		"half":                {ascii.Bar(10, 5, 3), "#####===.."},
		"nothing":             {ascii.Bar(0, 0, 0), ".........."},
		"one of many is seen": {ascii.Bar(1_000_000, 1, 1), "#=........"},
		"more than the whole": {ascii.Bar(5, 4, 9), "########=="},
		"the most there is":   {ascii.Bar(1e15, 5e14), "#####....."},
		"blocks":              {blocks.Bar(4, 2, 1), "█████▒▒▒··"},
	} {
		if test.got != test.want || utf8.RuneCountInString(test.got) != barCells {
			t.Errorf("%s: %q, want %q", name, test.got, test.want)
		}
	}
}

// Columns stand under each other, whatever their cells are made of.
func TestTable(t *testing.T) {
	table := Table{
		Columns: []Column{{Title: "ITEM"}, {Title: "UNITS", Right: true}, {Title: "MORE", Wide: true}, {Title: "STATE"}},
		Rows: [][]Cell{
			{Text("茶"), Number(5), Text("x"), {Text: "low", Colour: Yellow}},
			{Text("e\u0301clair"), Number(1200), Text("y"), {}},
			{Text(""), Number(-3), Text("z"), {Text: "a\nb"}},
		},
	}
	var narrow, wide, coloured bytes.Buffer
	for _, err := range []error{
		table.Print(&narrow, Screen{}, false, true), table.Print(&wide, Screen{}, true, false), table.Print(&coloured, Screen{Colours: true}, false, true),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := "ITEM     UNITS   STATE\n茶           5   low\ne\u0301clair    1200\n-           -3   a\\u000ab\n"
	if narrow.String() != want {
		t.Errorf("it is\n%swant\n%s", narrow.String(), want)
	}
	if first, _, _ := strings.Cut(wide.String(), "\n"); !strings.Contains(first, "x") || strings.Contains(first, "ITEM") {
		t.Errorf("wide and without titles it is\n%s", wide.String())
	}
	if got := strings.ReplaceAll(coloured.String(), "\x1b[33mlow\x1b[0m", "low"); got != want {
		t.Errorf("in colours it is\n%q", coloured.String())
	}
}

// Colours are for people: not for pipes, nor where somebody has turned them off.
func TestScreenOf(t *testing.T) {
	terminal := openTerminal(t)
	pipe := &bytes.Buffer{}
	none := map[string]string{}
	for name, test := range map[string]struct {
		got, want bool
	}{
		"a terminal":            {ScreenOf(terminal, "auto", env(none)).Colours, true},
		"a pipe":                {ScreenOf(pipe, "auto", env(none)).Colours, false},
		"NO_COLOR":              {ScreenOf(terminal, "auto", env(map[string]string{"NO_COLOR": "1"})).Colours, false},
		"a dumb terminal":       {ScreenOf(terminal, "auto", env(map[string]string{"TERM": "dumb"})).Colours, false},
		"always":                {ScreenOf(pipe, "always", env(map[string]string{"NO_COLOR": "1"})).Colours, true},
		"never":                 {ScreenOf(terminal, "never", env(none)).Colours, false},
		"blocks in UTF-8":       {ScreenOf(pipe, "auto", env(map[string]string{"LANG": "de_DE.UTF-8"})).Unicode, true},
		"none in another":       {ScreenOf(pipe, "auto", env(map[string]string{"LC_ALL": "C", "LANG": "de_DE.UTF-8"})).Unicode, false},
		"none where none is":    {ScreenOf(pipe, "auto", env(none)).Unicode, false},
		"a file is no terminal": {IsTerminal(os.NewFile(^uintptr(0), "closed")), false},
	} {
		if test.got != test.want {
			t.Errorf("%s: %t, want %t", name, test.got, test.want)
		}
	}
}

func env(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

// A bar for those who wait is for terminals alone, and leaves nothing behind.
func TestProgress(t *testing.T) {
	var pipe, terminal bytes.Buffer
	for out, screen := range map[*bytes.Buffer]Screen{&pipe: {}, &terminal: {Terminal: true}} {
		p := NewProgress(out, screen, "writing", 2)
		p.Step()
		p.End()
	}
	if pipe.Len() != 0 {
		t.Errorf("a pipe gets %q", pipe.String())
	}
	if got := terminal.String(); !strings.Contains(got, "writing [#####.....] 1 of 2") || !strings.HasSuffix(got, " \r") {
		t.Errorf("a terminal gets %q", got)
	}
}
