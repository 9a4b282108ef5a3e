package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/acme/inventory-service/internal/plugin/cluster"
)

// Code is an exit code, so that scripts need not read what is printed.
type Code int

// The exit codes.
const (
	// Done: it is as it was asked for.
	Done Code = 0
	// Failed: it could not be found out or done, for want of rights or of an API server.
	Failed Code = 1
	// Misused: the arguments or the file make no sense. Nothing was changed.
	Misused Code = 2
	// Refused: the answer is no. Units are not available, a cart cannot be released any more,
	// nothing was found, figures differ.
	Refused Code = 3
	// Undecided: what was asked for is written, and nobody has carried it out in time.
	Undecided Code = 4
)

// codes are what help says of them.
const codes = `Exit codes:
  0  it is as it was asked for
  1  it failed: no rights, no API server, somebody else changed it meanwhile
  2  the arguments or the file make no sense; nothing was changed
  3  the answer is no: not available, not possible any more, not found, figures differ
  4  it is written, and no operator has carried it out within --timeout`

// codedError is an error with an exit code of its own.
type codedError struct {
	code Code
	error
}

func (e *codedError) Unwrap() error { return e.error }

func misused(format string, values ...any) error {
	return &codedError{Misused, fmt.Errorf(format, values...)}
}

func refused(format string, values ...any) error {
	return &codedError{Refused, fmt.Errorf(format, values...)}
}

// codeOf is the exit code of what ended with err.
func codeOf(err error) Code {
	var coded *codedError
	switch {
	case err == nil:
		return Done
	case errors.As(err, &coded):
		return coded.code
	case strings.HasPrefix(err.Error(), "unknown command"): // cobra has no type for it
		return Misused
	case errors.Is(err, cluster.ErrNotYet), errors.Is(err, context.DeadlineExceeded):
		return Undecided
	case cluster.IsRefused(err):
		return Refused
	default:
		return Failed
	}
}
