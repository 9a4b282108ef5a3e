package docs

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// Shell is where the commands run.
type Shell struct {
	// Dir is the directory, Env the environment as key=value.
	Dir string
	Env []string
}

// Run runs the steps in order in one shell, which ends with ctx, and fails the test where one
// fails or prints something else than it should. Those after one that fails are not run.
func (s Shell) Run(ctx context.Context, t *testing.T, steps []Step) {
	t.Helper()
	shell := exec.CommandContext(ctx, "bash", "--noprofile", "--norc")
	shell.Dir, shell.Env = s.Dir, s.Env
	in, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	shell.Stderr = shell.Stdout
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = in.Close()
		_ = shell.Wait() // its last command has told how it ended
	}()
	lines := bufio.NewReader(out)
	for i, step := range steps {
		code, got, err := runStep(in, lines, fmt.Sprintf("--- step %d of %p ended: ", i, t), step.Command)
		switch {
		case err != nil:
			t.Fatalf("line %d: %v after\n%s", step.Line, err, strings.Join(got, "\n"))
		case code != "0":
			t.Fatalf("line %d: the command ends with %s:\n%s%s", step.Line, code, step.Command, strings.Join(got, "\n"))
		case step.Shown && !Agrees(step.Output, got):
			t.Errorf("line %d: the command\n%sprints\n%s\nand the page says\n%s", step.Line, step.Command, strings.Join(got, "\n"), strings.Join(step.Output, "\n"))
		}
	}
}

// runStep runs a command, which ends where the shell prints the mark. What reads its input finds
// none, and not the commands that follow.
func runStep(in io.Writer, out *bufio.Reader, mark, command string) (code string, printed []string, err error) {
	if _, err := fmt.Fprintf(in, "{\n%s} </dev/null\nprintf '\\n%%s%%d\\n' %q $?\n", command, mark); err != nil {
		return "", nil, err
	}
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			return "", printed, fmt.Errorf("the shell has ended: %w", err)
		}
		line = strings.TrimSuffix(line, "\n")
		if code, ended := strings.CutPrefix(line, mark); ended {
			return code, printed, nil
		}
		printed = append(printed, line)
	}
}
