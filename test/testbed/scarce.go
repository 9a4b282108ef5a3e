package testbed

import (
	"github.com/acme/inventory-service/api/events"
)

// Scarce is a stock room with fewer units than a crowd asks for.
type Scarce struct {
	Names    []string
	Received map[string]int64
}

// StockScarcely declares a StockItem with so many units for each product.
func (w *World) StockScarcely(received int64, products ...string) Scarce {
	w.Helper()
	s := Scarce{Received: map[string]int64{}}
	for _, product := range products {
		w.Declare(product, product, "amsterdam", received)
		s.Names = append(s.Names, product)
		s.Received[product+" amsterdam"] = received
	}
	return s
}

// One asks for one unit of a product, another one for each cart.
func (s Scarce) One(client, cart int) []events.Item {
	return []events.Item{Item(s.Names[(client+cart)%len(s.Names)], 1)}
}
