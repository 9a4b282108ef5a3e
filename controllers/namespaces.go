package controllers

import (
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/namespaces"
)

// Namespaces are those that this process works in, such as a namespaces.Set.
type Namespaces interface {
	// Find returns the Runner of a namespace that is worked in already.
	Find(name string) (*allocator.Runner, bool)
	// See says that there is something of ours in a namespace.
	See(name string)
	// Outside returns why a namespace is out of scope, as far as it is known, else nil.
	Outside(name string) *namespaces.OutsideError
	// Elected tells whether this process should lead.
	Elected() bool
}

// leading returns the Runner of a namespace in which this process leads. Where it does not,
// there is nothing to do: a term begins with a look at everything.
func leading(n Namespaces, namespace string) (*allocator.Runner, bool) {
	runner, ok := n.Find(namespace)
	return runner, ok && runner.Leading()
}
