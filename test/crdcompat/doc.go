// Package crdcompat compares the CRDs of an earlier version with those of this checkout.
//
// Compare names whatever could make an object that is stored, or a manifest that was applied,
// mean something else or be refused: a field, a type, a value or a default that is gone or
// changed, and every rule that is new. It knows no reason why one of these may be harmless: its
// caller lists those with theirs. It compares schemas alone, not what an operator makes of them.
package crdcompat
