package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// JournalPage holds a part of one namespace's journal: what was decided about its stock,
// in order. The journal is the truth; every status in this group is a view of it. The
// operator makes pages, named journal-0, journal-1, ..., and writes them over when what
// they hold no longer counts.
//
// A page must never be edited or deleted by hand, and no role but the operator's lets
// anybody do so. An edit of the content is refused by the API server. Labels and annotations
// may change, at the price of a moment in which nothing is decided. Where a page that counts is
// deleted, the operator writes its records down anew; where it was the last one, no more
// reservations are decided in the namespace, and the StockLedger's condition
// JournalDamaged says what to do.
//
// `kubectl get journalpages` shows which page is written now (the highest), by whom and
// when. The records are for the operator alone: their coding changes between releases.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:shortName=jp
// +kubebuilder:validation:XValidation:rule="self.over == oldSelf.token && self.token != oldSelf.token || self.token == oldSelf.token && self.over == oldSelf.over && self.page == oldSelf.page && self.first == oldSelf.first && self.records == oldSelf.records && self.bytes == oldSelf.bytes && self.written == oldSelf.written && self.leader == oldSelf.leader && self.emptied == oldSelf.emptied && self.header == oldSelf.header && self.data == oldSelf.data",message="the content of a JournalPage is written by the operator alone: undo this edit (labels and annotations may change)",fieldPath=".over",reason=FieldValueForbidden
// +kubebuilder:printcolumn:name="Page",type=integer,JSONPath=`.page`
// +kubebuilder:printcolumn:name="First",type=integer,JSONPath=`.first`
// +kubebuilder:printcolumn:name="Records",type=integer,JSONPath=`.records`
// +kubebuilder:printcolumn:name="Bytes",type=integer,JSONPath=`.bytes`
// +kubebuilder:printcolumn:name="Written",type=string,JSONPath=`.written`
// +kubebuilder:printcolumn:name="Leader",type=string,JSONPath=`.leader`
// +kubebuilder:printcolumn:name="Emptied",type=boolean,JSONPath=`.emptied`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,priority=1
type JournalPage struct {
	metav1.TypeMeta `json:",inline"`
	// Standard object metadata. The name is journal- or, of a page that was made for a repair,
	// repair-, and a number of no meaning.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// page is the number of this page in the journal, from 1. It is 0 on a page that
	// was never written.
	// +required
	Page int64 `json:"page"`

	// first is the number of the first record in the journal, from 0.
	// +required
	First int64 `json:"first"`

	// records is the number of records in data.
	// +required
	Records int64 `json:"records"`

	// bytes is the size of the records, compressed.
	// +required
	Bytes int64 `json:"bytes"`

	// written is the time of this write, by the clock of its writer.
	// +required
	// +kubebuilder:validation:Format=date-time
	Written string `json:"written"`

	// leader is the name of the operator process that made the last write.
	// +required
	Leader string `json:"leader"`

	// emptied says that the page was free and that its records were taken off.
	// +required
	Emptied bool `json:"emptied"`

	// header says in JSON to which journal the page belongs, where that begins and goes
	// on, and how the page is to be checked.
	// +required
	Header string `json:"header"`

	// data are the records, compressed, in base64. (They have no format, byte, in the
	// schema: rules cannot compare such fields, kube-apiserver reads them as another base64.)
	// +required
	Data string `json:"data"`

	// token names the write that made this version, and no other write ever.
	// +required
	Token string `json:"token"`

	// over is the token that this write replaced. The API server refuses a write over
	// any other.
	// +required
	Over string `json:"over"`
}

// JournalPageList is a list of JournalPages.
//
// +kubebuilder:object:root=true
type JournalPageList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []JournalPage `json:"items"`
}

// The labels of every JournalPage. A cluster's own admission webhooks and policies can leave
// pages out by them: whatever is changed on the way is no page any more.
const (
	ManagedByLabel = "app.kubernetes.io/managed-by"
	ManagedBy      = "inventory-operator"
	PartOfLabel    = "app.kubernetes.io/part-of"
	PartOf         = "inventory-service"
)
