// Package controllers holds the reconcilers, each a small loop over one kind,
// and the feed that tells the allocator and the bridge what the watches see.
//
// The reconcilers decide nothing themselves: they ask internal/allocator what a
// cart gets and internal/lifecycle what is due, and write the answer with a
// compare-and-swap on the resourceVersion they read. An outcome exists when
// that write has succeeded and not before; only then is anybody told.
package controllers
