package docs

import "strings"

// Step is a command of a page, and what it prints according to it.
type Step struct {
	// Line is where it begins in the page, from 1.
	Line int
	// Command is for a shell, of one line or more.
	Command string
	// Shown says that the page says what it prints, which is Output.
	Shown  bool
	Output []string
}

// What makes SQL a command.
const (
	beginSQL = "psql --no-psqlrc --set=ON_ERROR_STOP=1 <<'SQL'\n"
	endSQL   = "SQL\n"
)

// answered takes in a line of what the SQL before it prints; any other text is just text.
func answered(steps []Step, line string) []Step {
	if len(steps) > 0 && strings.HasPrefix(steps[len(steps)-1].Command, beginSQL) {
		last := &steps[len(steps)-1]
		last.Shown, last.Output = true, append(last.Output, line)
	}
	return steps
}

// Exception is a block of commands that are not run.
type Exception struct {
	// Line is where it begins in the page, from 1.
	Line int
	// Reason is what the page says of it.
	Reason string
}

// The comment on the line before a block of commands that are not run.
const exceptionBegins, exceptionEnds = "<!-- not run: ", " -->"

// Steps are the commands of a page in Markdown, in order, but for its exceptions.
func Steps(page string) []Step {
	steps, _ := read(page)
	return steps
}

// Exceptions are the blocks of a page that are not run, in order.
func Exceptions(page string) []Exception {
	_, exceptions := read(page)
	return exceptions
}

func read(page string) (steps []Step, exceptions []Exception) {
	language, reason := "", ""
	for i, line := range strings.Split(page, "\n") {
		trimmed := strings.TrimSpace(line)
		if fence, ok := strings.CutPrefix(trimmed, "```"); ok {
			switch {
			case language != "":
				if language == "sql" {
					steps[len(steps)-1].Command += endSQL
				}
				language = ""
			case (fence == "sh" || fence == "console" || fence == "sql") && reason != "":
				exceptions = append(exceptions, Exception{Line: i + 1, Reason: reason})
				language = "none"
			case fence == "sh":
				steps = append(steps, Step{Line: i + 2})
				language = fence
			case fence == "sql":
				steps = append(steps, Step{Line: i + 2, Command: beginSQL})
				language = fence
			case fence == "":
				language = "none"
			default:
				language = fence
			}
			reason = ""
			continue
		}
		switch language {
		case "":
			reason = ""
			if said, ok := strings.CutPrefix(trimmed, exceptionBegins); ok && strings.HasSuffix(said, exceptionEnds) {
				reason = strings.TrimSuffix(said, exceptionEnds)
			}
		case "sh", "sql":
			steps[len(steps)-1].Command += line + "\n"
		case "text":
			steps = answered(steps, line)
		case "console":
			steps = console(steps, i+1, line)
		}
	}
	return steps, exceptions
}

// console takes in a line of a block of console: a command, more of one that goes on after a
// backslash, or what it prints.
func console(steps []Step, number int, line string) []Step {
	if command, ok := strings.CutPrefix(line, "$ "); ok {
		return append(steps, Step{Line: number, Command: command + "\n", Shown: true})
	}
	if len(steps) == 0 {
		return steps
	}
	last := &steps[len(steps)-1]
	if strings.HasSuffix(last.Command, "\\\n") {
		last.Command += line + "\n"
	} else {
		last.Output = append(last.Output, line)
	}
	return steps
}
