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

// Steps are the commands of a page in Markdown, in order.
func Steps(page string) []Step {
	var steps []Step
	language := ""
	for i, line := range strings.Split(page, "\n") {
		if fence, ok := strings.CutPrefix(strings.TrimSpace(line), "```"); ok {
			if language != "" {
				language = ""
				continue
			}
			language = "none"
			if fence != "" {
				language = fence
			}
			if language == "sh" {
				steps = append(steps, Step{Line: i + 2})
			}
			continue
		}
		switch language {
		case "sh":
			steps[len(steps)-1].Command += line + "\n"
		case "console":
			steps = console(steps, i+1, line)
		}
	}
	return steps
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
