package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// LedgerName is the name of the one StockLedger of a namespace.
const LedgerName = "default"

// StockLedger is a namespace at a glance: who leads, where the journal stands, what there
// is. It is derived from the journal and may be erased while that stands. It also is the
// witness that names the journal: where the one that it names is gone, nothing is decided
// until somebody has looked.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ledger,categories=inventory
// +kubebuilder:validation:XValidation:rule="self.metadata.name == 'default'",message="a namespace has one StockLedger and it is named default"
// +kubebuilder:printcolumn:name="Leader",type=string,JSONPath=`.status.leader`
// +kubebuilder:printcolumn:name="Position",type=string,JSONPath=`.status.position`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Items",type=integer,JSONPath=`.status.totals.items`
// +kubebuilder:printcolumn:name="On Hand",type=integer,JSONPath=`.status.totals.onHand`
// +kubebuilder:printcolumn:name="Reserved",type=integer,JSONPath=`.status.totals.reserved`
// +kubebuilder:printcolumn:name="Consumed",type=integer,JSONPath=`.status.totals.consumed`
// +kubebuilder:printcolumn:name="Open",type=integer,JSONPath=`.status.totals.open`
// +kubebuilder:printcolumn:name="Unshown",type=integer,JSONPath=`.status.totals.unshown`
// +kubebuilder:printcolumn:name="Undelivered",type=integer,JSONPath=`.status.totals.undelivered`
// +kubebuilder:printcolumn:name="Remembers Since",type=string,JSONPath=`.status.rememberedSince`
// +kubebuilder:printcolumn:name="Consistent",type=string,JSONPath=`.status.conditions[?(@.type=="Consistent")].status`
// +kubebuilder:printcolumn:name="No Item",type=integer,JSONPath=`.status.totals.withoutItem`,priority=1
// +kubebuilder:printcolumn:name="Readers",type=string,JSONPath=`.status.conditions[?(@.type=="ReadersKeepUp")].reason`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,priority=1
type StockLedger struct {
	metav1.TypeMeta `json:",inline"`
	// Standard object metadata. The name is always default.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// status is what the journal says. There is no spec: nothing about the ledger
	// is anybody's choice.
	// +optional
	// +kubebuilder:default={}
	Status StockLedgerStatus `json:"status,omitempty"`
}

// StockLedgerStatus is the namespace at a glance.
//
// +structType=atomic
type StockLedgerStatus struct {
	// observedGeneration is the generation of the spec that this status is about; -1
	// before any operator has seen the object.
	// +optional
	// +kubebuilder:default=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// leader is the operator process that decides.
	// +optional
	Leader string `json:"leader,omitempty"`

	// lease is the Lease, as namespace/name, that the replicas of the leader's deployment share:
	// it tells which deployment decides. Empty where the leader shares none.
	// +optional
	Lease string `json:"lease,omitempty"`

	// position is the last record of the journal that this status includes:
	// journal, page and number of records.
	// +optional
	Position string `json:"position,omitempty"`

	// journal names the journal that this namespace's decisions are in. A journal that
	// it does not name decides nothing; where the named one is gone, nothing is decided
	// until somebody has looked.
	// +optional
	Journal *JournalIdentity `json:"journal,omitempty"`

	// rememberedSince is how far back the journal remembers: a command that is older
	// and unknown is refused as too old. Empty: nothing was forgotten.
	// +optional
	RememberedSince *metav1.Time `json:"rememberedSince,omitempty"`

	// totals are the namespace's sums.
	// +optional
	Totals LedgerTotals `json:"totals,omitempty"`

	// readers are those for whom the journal keeps what they have not read, such as an archive.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=8
	Readers []ReaderStatus `json:"readers,omitempty"`

	// audit says when the figures were last compared with what they are derived
	// from, and what was found.
	// +optional
	Audit *AuditStatus `json:"audit,omitempty"`

	// restore says how the last restore of what another journal knew ended.
	// +optional
	Restore *RestoreStatus `json:"restore,omitempty"`

	// conditions are Ready (carts are decided here), Consistent (the last audit found
	// every figure to be what it should be), Delivering (the sink takes outcomes; not there
	// without a sink), ReadersKeepUp (no reader of the journal is far behind; not there without
	// readers), Restored (what another journal knew is here; not there where nobody asked for
	// it) and, after damage, JournalDamaged, and Contested (another deployment leads here as
	// well; not there where none ever has).
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// JournalIdentity names one journal for ever.
type JournalIdentity struct {
	// uid is that of the JournalPage on which the journal was founded.
	// +required
	UID types.UID `json:"uid"`
	// namespace is the uid of the Namespace in which it was founded.
	// +required
	Namespace types.UID `json:"namespace"`
}

// LedgerTotals are the sums over one namespace.
type LedgerTotals struct {
	// items is the number of StockItems that serve.
	// +optional
	Items int64 `json:"items"`
	// onHand is the number of units on hand.
	// +optional
	OnHand int64 `json:"onHand"`
	// reserved is the number of units promised to carts.
	// +optional
	Reserved int64 `json:"reserved"`
	// available is the number of units that can be reserved.
	// +optional
	Available int64 `json:"available"`
	// consumed is the number of units shipped, ever.
	// +optional
	Consumed int64 `json:"consumed"`
	// withoutItem is the number of promised units whose StockItem is gone.
	// +optional
	WithoutItem int64 `json:"withoutItem"`
	// open is the number of reservations that are held.
	// +optional
	Open int64 `json:"open"`
	// unshown is the number of open reservations that no Reservation object shows:
	// those that wait for theirs, and what --show and --max-shown leave out.
	// +optional
	Unshown int64 `json:"unshown"`
	// remembered is the number of reservations that the journal knows.
	// +optional
	Remembered int64 `json:"remembered"`
	// undelivered is the number of outcomes that the sink has not acknowledged.
	// +optional
	Undelivered int64 `json:"undelivered"`
}

// ReaderStatus is how far somebody has read the journal.
type ReaderStatus struct {
	// name is that of the reader.
	// +required
	Name string `json:"name"`
	// position is the last record that it is known to have read: journal, page and number of
	// records. Pages before that one are not kept for it.
	// +required
	Position string `json:"position"`
	// recordsBehind is the number of records that it has not read.
	// +optional
	RecordsBehind int64 `json:"recordsBehind"`
	// bytesBehind is about what they take, before they are compressed.
	// +optional
	BytesBehind int64 `json:"bytesBehind"`
	// behindSince is about when the journal went on beyond the page of that position.
	// +optional
	BehindSince *metav1.Time `json:"behindSince,omitempty"`
	// overtaken says that records which it has not read are gone: at the bound of the journal, or
	// with a journal that was damaged. It ends when the reader has gone on beyond them.
	// +optional
	Overtaken bool `json:"overtaken,omitempty"`
}

// AuditStatus is what audits of the namespace found.
type AuditStatus struct {
	// lastHandledRequest is the value of the annotation
	// inventory.acme.com/audit-requested-at whose audit is done. It is cut to
	// 256 bytes.
	// +optional
	LastHandledRequest string `json:"lastHandledRequest,omitempty"`
	// auditedAt is when an audit ended.
	// +optional
	AuditedAt *metav1.Time `json:"auditedAt,omitempty"`
	// differences is the number of figures that it found to be wrong.
	// +optional
	Differences int64 `json:"differences"`
	// unsettled is the number of figures that did not agree but kept changing
	// while they were looked at, and so were not judged.
	// +optional
	Unsettled int64 `json:"unsettled,omitempty"`
	// lastDifference is what was last found to be wrong. It stays when it has
	// been put right.
	// +optional
	LastDifference *AuditDifference `json:"lastDifference,omitempty"`
}

// AuditDifference is what one audit found to be wrong.
type AuditDifference struct {
	// at is when it was found.
	// +required
	At metav1.Time `json:"at"`
	// summary names the worst of it: object, figure, what it should have been
	// and what it was.
	// +required
	Summary string `json:"summary"`
}

// AuditRequestedAnnotation on a StockLedger asks for an audit now. Any new value
// is a new request, which is answered by status.audit.lastHandledRequest.
const AuditRequestedAnnotation = "inventory.acme.com/audit-requested-at"

// The StockLedger's condition Consistent and its reasons.
const (
	ConditionConsistent = "Consistent"

	ReasonFiguresAgree  = "FiguresAgree"
	ReasonFiguresDiffer = "FiguresDiffer"
	ReasonAuditFailed   = "AuditFailed"
	ReasonNotAudited    = "NotAudited"
)

// SinkAnnotation on a Namespace names the http or https URL that its outcomes are sent to,
// instead of the operator's --sink.
const SinkAnnotation = "inventory.acme.com/sink"

// OneHoldAnnotation on a Namespace, "true" or "false", says whether a new hold of a cart takes
// the place of its older one there, instead of the operator's --one-hold-per-cart.
const OneHoldAnnotation = "inventory.acme.com/one-hold-per-cart"

// The StockLedger's condition Delivering and its reasons.
const (
	ConditionDelivering = "Delivering"

	ReasonSinkAccepts  = "SinkAccepts"
	ReasonSinkFails    = "SinkFails"
	ReasonSinkNotFound = "SinkNotFound"
	ReasonSinkInvalid  = "SinkInvalid"
)

// ReaderAnnotation is the annotation of a StockLedger by which a reader of the journal says how
// far it has read: a position, "all" before it has read anything, or "unregister". A reader for
// which this is erased stays one.
func ReaderAnnotation(name string) string { return ReaderAnnotationPrefix + name }

// ReaderAnnotationPrefix begins every ReaderAnnotation.
const ReaderAnnotationPrefix = "inventory.acme.com/reader."

// The StockLedger's condition ReadersKeepUp and its reasons.
const (
	ConditionReadersKeepUp = "ReadersKeepUp"

	ReasonKeepingUp       = "KeepingUp"
	ReasonReaderBehind    = "ReaderBehind"
	ReasonReaderOvertaken = "ReaderOvertaken"
	ReasonReaderInvalid   = "ReaderInvalid"
)

// RepairAnnotation on a StockLedger asks to go on after damage. It repeats what the
// message of the condition JournalDamaged says.
const RepairAnnotation = "inventory.acme.com/repair"

// The StockLedger's conditions Ready and JournalDamaged, and their reasons.
const (
	ConditionLedgerReady    = "Ready"
	ConditionJournalDamaged = "JournalDamaged"

	ReasonLeading       = "Leading"
	ReasonTakingOver    = "TakingOver"
	ReasonReadingStock  = "ReadingStock"
	ReasonDamaged       = "Damaged"
	ReasonIntact        = "Intact"
	ReasonUnwritable    = "Unwritable"
	ReasonUnknownFormat = "UnknownFormat"
	ReasonFull          = "Full"
	ReasonGivenUp       = "GivenUp"
)

// The StockLedger's condition Contested and its reasons.
const (
	ConditionContested = "Contested"

	ReasonAnotherDeploymentLeads = "AnotherDeploymentLeads"
	ReasonOneDeploymentLeads     = "OneDeploymentLeads"
)

// StockLedgerList is a list of StockLedgers.
//
// +kubebuilder:object:root=true
type StockLedgerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []StockLedger `json:"items"`
}
