// Package reference writes the pages of docs/reference from what the code declares: routes, messages,
// failures and tables of package contract, schemas of package events, metrics that are registered, flags of
// the commands, and the CRDs of config/crd. The pages are never edited.
package reference
