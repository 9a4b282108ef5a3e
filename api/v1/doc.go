// Package v1 holds the Kubernetes API of the Inventory Service: the kinds
// StockItem, Reservation, StockLedger and JournalPage of group inventory.acme.com.
//
// The types carry their own rules as OpenAPI and CEL markers, so that the API
// server refuses what must not be stored and no admission webhook has to run.
// The package holds no behaviour beyond reading its own fields: deciding stock
// is the job of internal/stock and internal/allocator.
//
// Callers never write the half of an object that is not theirs: spec belongs
// to Git, kubectl and the bridge; status belongs to the operator. It has one writer,
// so each status is atomic: one managed field, where the API server would else track,
// parse and store every one of its fields with each write.
//
// +kubebuilder:object:generate=true
// +groupName=inventory.acme.com
package v1
