package output

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Screen is where a person reads. The zero value has no colours and draws in ASCII.
type Screen struct {
	// Colours says that words may be coloured, Terminal that what was printed can be
	// printed over, Unicode that bars may be drawn with blocks.
	Colours, Terminal, Unicode bool
}

// ScreenOf looks at what is written to and at the environment: a pipe, NO_COLOR and a dumb
// terminal turn colours off. mode is auto, always or never.
func ScreenOf(out io.Writer, mode string, getenv func(string) string) Screen {
	s := Screen{Terminal: IsTerminal(out), Unicode: isUnicode(getenv)}
	switch mode {
	case "always":
		s.Colours = true
	case "auto":
		s.Colours = s.Terminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	}
	return s
}

// IsTerminal tells whether a person sees what is written, rather than a file or a pipe.
func IsTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// isUnicode asks the locale as POSIX says: the first of these that is set.
func isUnicode(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(getenv(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}

// Colour is one of a terminal's own; the zero value is the usual one.
type Colour string

// The colours: what is well, what soon is not, what is not, and what matters little.
const (
	Plain  Colour = ""
	Green  Colour = "32"
	Yellow Colour = "33"
	Red    Colour = "31"
	Grey   Colour = "90"
)

// Paint colours a text where the screen has colours.
func (s Screen) Paint(text string, colour Colour) string {
	if !s.Colours || colour == Plain || text == "" {
		return text
	}
	return "\x1b[" + string(colour) + "m" + text + "\x1b[0m"
}
