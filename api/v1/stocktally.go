package v1

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// MaxTallies is how many StockTallies a namespace can have.
const MaxTallies = 64

// TallyName is the name of the StockTally with this number.
func TallyName(shard int32) string { return fmt.Sprintf("%s-%d", LedgerName, shard) }

// StockTally counts the units that were shipped, for some of a namespace's
// products and locations. The operator makes it when needed and nobody else
// writes it; what was shipped stays known when a StockItem is deleted and made
// again.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=tally,categories=inventory
// +kubebuilder:printcolumn:name="Keys",type=integer,JSONPath=`.status.keys`
// +kubebuilder:printcolumn:name="Consumed",type=integer,JSONPath=`.status.consumed`
// +kubebuilder:printcolumn:name="Last Fold",type=integer,JSONPath=`.status.lastFold`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type StockTally struct {
	metav1.TypeMeta `json:",inline"`
	// Standard object metadata. The name is default- and the shard's number.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Status is the tally. There is no spec: nothing about it is anybody's
	// choice.
	// +optional
	Status StockTallyStatus `json:"status,omitempty"`
}

// StockTallyStatus are running totals that only grow.
//
// +structType=atomic
type StockTallyStatus struct {
	// LastFold is the last fold whose units are counted. One up to it is never
	// counted again.
	// +optional
	LastFold int64 `json:"lastFold,omitempty"`

	// Keys is the number of entries.
	// +optional
	Keys int64 `json:"keys"`

	// Consumed is the number of units over all entries.
	// +optional
	Consumed int64 `json:"consumed"`

	// Entries are the units consumed by product and location.
	// +optional
	// +listType=atomic
	Entries []Take `json:"entries,omitempty"`

	// Fence is the uid and epoch of the StockLedger that was rebuilt around
	// this tally. It is empty unless a ledger was lost.
	// +optional
	Fence string `json:"fence,omitempty"`
}

// StockTallyList is a list of StockTallies.
//
// +kubebuilder:object:root=true
type StockTallyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []StockTally `json:"items"`
}
