package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"html"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/acme/inventory-service/test/docs"
)

var updateSession = flag.Bool("update-session", false, "draw docs/pictures/session.svg anew")

// The picture of a terminal shows what the commands of docs/pictures/session.sh print beside make run.
func TestSession(t *testing.T) {
	needCommands(t)
	const script, picture = "../../docs/pictures/session.sh", "../../docs/pictures/session.svg"
	source, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	beside(t, binaries(t), page{}, func(ctx context.Context, shell docs.Shell) {
		drawn := drawSession(play(ctx, t, shell, string(source)))
		if *updateSession {
			if err := os.WriteFile(picture, drawn, 0o644); err != nil { //nolint:gosec // as git checks it out
				t.Error(err)
			}
			return
		}
		if shown, err := os.ReadFile(picture); err != nil || !bytes.Equal(shown, drawn) {
			t.Errorf("%s is not what the commands print (%v): make pictures draws it anew; now it would be\n%s", picture, err, drawn)
		}
	})
}

// line is one of a terminal: a comment, a command, or what a command printed.
type line struct{ kind, text string }

// play runs the commands of a script, one a line, in one environment, and returns what a terminal
// would show.
func play(ctx context.Context, t *testing.T, shell docs.Shell, script string) (shown []line) {
	t.Helper()
	before := "set -o pipefail\n" // variables that were set
	for text := range strings.Lines(script) {
		text = strings.TrimRight(text, "\n")
		switch {
		case text == "":
			shown = append(shown, line{})
			continue
		case strings.HasPrefix(text, "#"):
			shown = append(shown, line{"comment", text})
			continue
		}
		shown = append(shown, line{"command", text})
		command := exec.CommandContext(ctx, "bash", "-c", before+text) //nolint:gosec // the commands are in the repository
		command.Dir, command.Env = shell.Dir, shell.Env
		printed, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", text, err, printed)
		}
		if len(printed) == 0 {
			before += text + "\n"
		}
		for out := range strings.Lines(string(printed)) {
			shown = append(shown, line{"output", strings.TrimRight(out, " \n")})
		}
	}
	return shown
}

// The measures of a terminal, in pixels and characters.
const (
	charWidth, lineHeight, border, bar = 7.25, 18, 20, 34
	// columns is where lines are broken.
	columns = 126
	width   = columns*charWidth + 2*border
)

// drawSession draws lines as a terminal in SVG, on a background of its own.
func drawSession(lines []line) []byte {
	var rows []line
	for _, l := range lines {
		rows = append(rows, broken(l)...)
	}
	height := bar + len(rows)*lineHeight + border
	var svg bytes.Buffer
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" width="%.1f" height="%d" viewBox="0 0 %.1f %d" role="img" aria-label="A terminal in which a cart is reserved, refused and shipped">
<!-- Drawn by make pictures from what the commands of session.sh print: do not edit. -->
<style>
text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #c9d1d9; white-space: pre }
.comment { fill: #8b949e }
.command { fill: #ffffff; font-weight: 600 }
.prompt { fill: #3fb950; font-weight: 600 }
</style>
<rect x="0.5" y="0.5" width="%.1f" height="%d" rx="9" fill="#0d1117" stroke="#30363d"/>
<circle cx="20" cy="17" r="5" fill="#ff5f57"/><circle cx="38" cy="17" r="5" fill="#febc2e"/><circle cx="56" cy="17" r="5" fill="#28c840"/>
`, width, height, width, height, width-1, height-1)
	for i, row := range rows {
		if row.text == "" {
			continue
		}
		y, x := bar+(i+1)*lineHeight-5, float64(border)
		if row.kind == "command" {
			fmt.Fprintf(&svg, `<text class="prompt" x="%d" y="%d">$</text>`, border, y)
			x += 2 * charWidth
		}
		text := strings.TrimLeft(row.text, " ")
		x += float64(len(row.text)-len(text)) * charWidth
		fmt.Fprintf(&svg, `<text class="%s" x="%.1f" y="%d" textLength="%.1f">%s</text>`+"\n",
			strings.TrimSuffix(row.kind, "-more"), x, y, float64(utf8.RuneCountInString(text))*charWidth, html.EscapeString(text))
	}
	svg.WriteString("</svg>\n")
	return svg.Bytes()
}

// broken is a line as a terminal breaks it.
func broken(l line) (rows []line) {
	runes := []rune(l.text)
	room := columns
	if l.kind == "command" {
		room -= len("$ ")
	}
	for ; len(runes) > room; room = columns - len("    ") {
		at := room
		for space := room; space > room-40; space-- {
			if runes[space] == ' ' || runes[space-1] == ',' {
				at = space
				break
			}
		}
		rows = append(rows, line{kindOf(l, rows), indent(rows) + string(runes[:at])})
		runes = []rune(strings.TrimLeft(string(runes[at:]), " "))
	}
	return append(rows, line{kindOf(l, rows), indent(rows) + string(runes)})
}

// kindOf has only the first row of a command begin with a prompt.
func kindOf(l line, before []line) string {
	if l.kind == "command" && len(before) > 0 {
		return "command-more"
	}
	return l.kind
}

func indent(before []line) string {
	if len(before) > 0 {
		return "    "
	}
	return ""
}
