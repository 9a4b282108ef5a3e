package events

import (
	"fmt"
	"strings"

	v1 "github.com/acme/inventory-service/api/v1"
)

// maxViolations is how many violations are told at once: enough for whoever
// mends the message, few enough for a short answer.
const maxViolations = 5

// Violation is one thing that is wrong with a message.
type Violation struct {
	// Field is the path of the field, such as items[3].quantity; empty for the
	// message as a whole.
	Field string `json:"field,omitempty"`
	// Detail says what the field must be.
	Detail string `json:"detail"`
}

// String is the path and what it must be.
func (v Violation) String() string {
	if v.Field == "" {
		return v.Detail
	}
	return v.Field + ": " + v.Detail
}

// InvalidError says that a message can never be accepted as it is.
type InvalidError struct {
	// Violations are in the order of the fields; there is at least one, and at
	// most five are told.
	Violations []Violation
}

// Invalid is an InvalidError of one violation.
func Invalid(field, format string, args ...any) *InvalidError {
	return &InvalidError{Violations: []Violation{{Field: field, Detail: fmt.Sprintf(format, args...)}}}
}

// Error joins the violations into one line.
func (e *InvalidError) Error() string {
	parts := make([]string, 0, len(e.Violations))
	for _, violation := range e.Violations {
		parts = append(parts, violation.String())
	}
	return strings.Join(parts, "; ")
}

// violations collects what is wrong with one message.
type violations struct {
	// ids are those that are taken.
	ids  v1.IDs
	list []Violation
}

func (v *violations) add(field, format string, args ...any) {
	if len(v.list) < maxViolations {
		v.list = append(v.list, Violation{Field: field, Detail: fmt.Sprintf(format, args...)})
	}
}

func (v *violations) full() bool { return len(v.list) == maxViolations }

func (v *violations) err() error {
	if len(v.list) == 0 {
		return nil
	}
	return &InvalidError{Violations: v.list}
}
