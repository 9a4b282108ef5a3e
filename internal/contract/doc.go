// Package contract declares what the service offers to others: operations with the rights that
// they take, routes, messages, kinds of failures, metrics, and tables of SQL. The bridge registers
// its routes and looks up rights and failures here; OpenAPI, AsyncAPI, the reference in
// docs/reference and the catalogue in catalog/ are made from the same declarations.
//
// The payloads of messages are declared by package events, and objects by package v1: this package
// only refers to them.
//
// It does no I/O and decides nothing. Whoever adds a route, an operation, a message, a status or a
// kind of failure declares it here: the bridge's tests fail on any answer that is not declared.
package contract
