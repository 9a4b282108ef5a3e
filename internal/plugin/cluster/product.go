package cluster

import (
	"fmt"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Product is the id of the product that a text means: the id itself, or the name of a
// StockItem, which is easier to type.
func Product(items []v1.StockItem, text string) (string, error) {
	id := v1.CanonicalID(text)
	named := ""
	for i := range items {
		if v1.CanonicalID(items[i].Spec.ProductID) == id {
			return id, nil
		}
		if items[i].Name == text {
			named = v1.CanonicalID(items[i].Spec.ProductID)
		}
	}
	if named == "" {
		return "", fmt.Errorf("no StockItem has product %q or is named so: see kubectl inventory levels", text)
	}
	return named, nil
}
