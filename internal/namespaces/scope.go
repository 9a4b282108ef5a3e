package namespaces

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Scope says in which namespaces a process works: those of Names, or those whose labels Selector
// matches. The zero value is all.
type Scope struct {
	// Names are the only ones, in order; none are all.
	Names []string
	// Selector is nil for any labels.
	Selector labels.Selector
}

// Named tells whether a namespace of this name may be in scope.
func (s Scope) Named(name string) bool { return len(s.Names) == 0 || slices.Contains(s.Names, name) }

// Has tells whether a Namespace is in scope as it is.
func (s Scope) Has(namespace *metav1.PartialObjectMetadata) bool {
	return s.Named(namespace.Name) && (s.Selector == nil || s.Selector.Matches(labels.Set(namespace.Labels)))
}

// String says which they are, in the words of the flags.
func (s Scope) String() string {
	switch {
	case s.Selector != nil:
		return "those with the labels " + s.Selector.String()
	case len(s.Names) > 0:
		return strings.Join(s.Names, ", ")
	default:
		return "all"
	}
}
