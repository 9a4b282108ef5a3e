// Package replay makes a stock.State of the JournalPages of a namespace, for programs beside
// the operator that want to know what is in stock and who holds it.
//
// It follows nothing and decides nothing: what it returns is what was durable when the pages
// were read. What the journal has forgotten is not there any more. Callers owe it pages that
// were read at one version, such as journal.ReadPages does.
package replay
