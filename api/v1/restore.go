package v1

// AwaitRestoreAnnotation on a Namespace, with any value but "false", has its journal founded to
// take in what another one knew: no cart is decided before kubectl inventory restore has brought
// that, or the annotation is removed. It counts as the journal is founded, so it has to be there
// before the first StockItem is.
const AwaitRestoreAnnotation = "inventory.acme.com/await-restore"

// AwaitsRestore tells whether the annotations of a Namespace ask that.
func AwaitsRestore(annotations map[string]string) bool {
	value, asked := annotations[AwaitRestoreAnnotation]
	return asked && value != "false"
}

// RestoreAnnotation on a StockLedger asks that what the ConfigMaps of a restore carry be taken
// in. Its value is the digest that they have. status.restore.lastHandledRequest answers it.
const RestoreAnnotation = "inventory.acme.com/restore"

// The StockLedger's condition Restored and its reasons. ReasonAwaitingRestore is one of Ready,
// too.
const (
	ConditionRestored = "Restored"

	ReasonAwaitingRestore   = "AwaitingRestore"
	ReasonRestoreIncomplete = "Incomplete"
	ReasonRestoring         = "Restoring"
	ReasonRestoreRefused    = "Refused"
	ReasonRestored          = "Restored"
	ReasonRestoreWaived     = "Waived"
	ReasonRestoreTooLate    = "TooLate"
)

// RestoreStatus is how the last restore ended.
type RestoreStatus struct {
	// lastHandledRequest is the value of the annotation inventory.acme.com/restore that is
	// done: taken in or refused. It is cut to 256 bytes.
	// +optional
	LastHandledRequest string `json:"lastHandledRequest,omitempty"`
}
