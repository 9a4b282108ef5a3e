package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	// GroupVersion is the group and version of every kind in this package.
	GroupVersion = schema.GroupVersion{Group: "inventory.acme.com", Version: "v1"}

	schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme registers this package's kinds with a scheme.
	AddToScheme = schemeBuilder.AddToScheme
)

// ConditionStalled is True on an object of any kind that needs somebody to do something, by
// the conventions of kstatus; else it is not there.
const ConditionStalled = "Stalled"

// ServeLabel on a Namespace, with the value "true", has commands served there before it has a StockItem:
// every cart is refused until then.
const ServeLabel = "inventory.acme.com/serve"

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&StockItem{}, &StockItemList{},
		&Reservation{}, &ReservationList{},
		&StockLedger{}, &StockLedgerList{},

		&JournalPage{}, &JournalPageList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
