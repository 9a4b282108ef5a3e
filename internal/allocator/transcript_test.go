package allocator_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the transcripts in testdata anew")

// TestTranscript plays the scripts in testdata. In each, lines that begin with ">" are
// played and those with "#" are for the reader; all others are what came of it, which the
// test compares and -update writes anew. Read cart.txt first: it shows most of the words.
func TestTranscript(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := playTranscript(t, string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(text), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s (-as written +as played); -update writes it anew:\n%s", file, diff)
			}
		})
	}
}

// playTranscript returns a script with what comes of it.
func playTranscript(t *testing.T, script string) string {
	s := newTheatre(t)
	var out strings.Builder
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\n")
		command, isCommand := strings.CutPrefix(line, "> ")
		switch {
		case isCommand:
			out.WriteString(line + "\n")
			s.out = &out
			if err := s.play(strings.Fields(command)); err != "" {
				t.Fatalf("%q: %s", line, err)
			}
		case strings.HasPrefix(line, "#") || line == "":
			out.WriteString(line + "\n")
		}
	}
	return out.String()
}
