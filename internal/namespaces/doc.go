// Package namespaces keeps one allocator.Runner for each namespace that this process works in. It
// starts one where the Namespace is in scope and has something of ours, or a command comes; it
// tells all of them whether this process should lead; and it stops one whose Namespace is
// deleted or leaves the scope, and forgets what was known of it. A namespace that is made again
// under the same name starts empty.
//
// It decides nothing and watches nothing; Start lists once which namespaces have a journal.
// Callers have to:
//
//   - call Attend, Observe and OnChange before Start;
//   - pass on what the watches see, in their order: See for our kinds, SeeNamespace and NamespaceGone;
//     and after SeeNamespace See what is known to be in it, which may have been seen before it was;
//   - pass on the result of each election: Elect.
package namespaces
