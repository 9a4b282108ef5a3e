// Package namespaces keeps one allocator.Runner for each namespace that this process works
// in: it begins one where something of ours is seen or a command comes, tells all of them
// whether this process should lead, and forgets a namespace that is deleted, with all that
// was known of it. One that is made again under the same name starts empty.
//
// It decides nothing and watches nothing by itself. Callers owe it what the watches of
// Namespaces and of our kinds see.
package namespaces
