package namespaces

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/acme/inventory-service/internal/allocator"
)

// Open returns the Runner of a namespace, begun if need be. It fails as Serves does.
func (s *Set) Open(ctx context.Context, name string) (*allocator.Runner, error) {
	if err := s.Serves(ctx, name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if runner := s.begin(name); runner != nil {
		return runner, nil
	}
	return nil, s.refusal(name) // it has changed meanwhile
}

// Serves is nil where this process works in a namespace, or would as soon as somebody asks; it
// begins nothing. It fails with a *MissingError where there is no such namespace, with an
// *OutsideError where it is not in scope, with ErrNotRunning before Start and at the end, and
// with the API server's error where it cannot be told. What is known of a Namespace may be old:
// that it is missing, being deleted or out of scope counts only by a read past the caches.
func (s *Set) Serves(ctx context.Context, name string) error {
	if !s.options.Scope.Named(name) {
		return &OutsideError{Namespace: name, Scope: s.options.Scope}
	}
	if err := s.servedNow(name); err == nil || errors.Is(err, ErrNotRunning) {
		return err
	}
	namespace, err := s.options.Read(ctx, name)
	if apierrors.IsNotFound(err) {
		return &MissingError{Namespace: name}
	}
	if err != nil {
		return fmt.Errorf("read namespace %s: %w", name, err)
	}
	s.seeRead(namespace)
	return s.servedNow(name)
}

// servedNow is Serves by what is known.
func (s *Set) servedNow(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refusal(name)
}

// Outside returns why a namespace is out of scope, as far as it is known; nil where it is in scope,
// not known or being deleted.
func (s *Set) Outside(name string) *OutsideError {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seen := s.known[name]; !seen.outside || seen.terminating {
		return nil
	}
	return &OutsideError{Namespace: name, Scope: s.options.Scope}
}

// refusal is why nothing is begun in a namespace by what is known, nil where it may be. The
// caller holds the lock.
func (s *Set) refusal(name string) error {
	switch seen, ok := s.known[name]; {
	case !s.runs():
		return ErrNotRunning
	case !ok:
		return &MissingError{Namespace: name}
	case seen.terminating:
		return &MissingError{Namespace: name, Terminating: true}
	case seen.outside:
		return &OutsideError{Namespace: name, Scope: s.options.Scope}
	default:
		return nil
	}
}
