package namespaces

import (
	"errors"
	"fmt"
)

// ErrNotRunning says that Start has not begun, or has ended.
var ErrNotRunning = errors.New("this process is starting or stopping: ask again, or ask another replica")

// MissingError says that nothing can be decided in a namespace.
type MissingError struct {
	Namespace string
	// Terminating says that it is being deleted, else there is none.
	Terminating bool
}

// Error says so.
func (e *MissingError) Error() string {
	if e.Terminating {
		return fmt.Sprintf("namespace %s is being deleted", e.Namespace)
	}
	return fmt.Sprintf("there is no namespace %s", e.Namespace)
}

// OutsideError says that this process does not work in a namespace that is there: another
// deployment may.
type OutsideError struct {
	Namespace string
	// Scope says in which it works.
	Scope Scope
}

// Error says so.
func (e *OutsideError) Error() string {
	return fmt.Sprintf("this deployment works in %s and not in namespace %s: ask the deployment that does, or change --namespaces or the namespace's labels",
		e.Scope, e.Namespace)
}
