package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	v1 "github.com/acme/inventory-service/api/v1"
)

// workload is what carts ask for. Every product lies in one location.
type workload struct {
	name     string
	products int
	// perCart is the number of different products in a cart, one unit of each.
	perCart int
	// skew is the s of Zipf's law by which products are chosen; 0 is uniform.
	skew float64
	// received is how many units there are of each product.
	received int64
	// releasing says that each reservation is released before the next one.
	releasing bool
	// burst is how many carts there are, all of which come at once; 0 is as many as are
	// served in the measured time.
	burst int
}

const plenty = 1_000_000_000

// The workloads. In hot all carts want one item; zipf is a shop's ordinary day;
// wide spreads larger carts evenly; in refused nothing is in stock; churn is
// hot with every hold given back; shop is what the archive is measured with. In burst all carts of a sale want one item at once,
// and in scarce there is enough for a tenth of them.
var (
	hot     = workload{name: "hot", products: 1, perCart: 1, received: plenty}
	zipf    = workload{name: "zipf", products: 10_000, perCart: 3, skew: 1.1, received: plenty}
	wide    = workload{name: "wide", products: 1000, perCart: 5, received: plenty}
	refused = workload{name: "refused", products: 1, perCart: 1, received: 0}
	churn   = workload{name: "churn", products: 1, perCart: 1, received: plenty, releasing: true}
	shopDay = workload{name: "shop", products: 1000, perCart: 3, received: plenty}
	burst   = workload{name: "burst", products: 1, perCart: 1, received: plenty, burst: 20_000}
	scarce  = workload{name: "burst-scarce", products: 1, perCart: 1, received: 2000, burst: 20_000}
)

// product is the id of the n-th product, as long as the UUIDs of the published
// contract.
func product(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// carts draws the carts of one client.
type carts struct {
	workload
	rng  *rand.Rand
	zipf *rand.Zipf
}

func (w workload) carts(seed uint64) *carts {
	c := &carts{workload: w, rng: rand.New(rand.NewPCG(seed, 1))}
	if w.skew > 0 {
		c.zipf = rand.NewZipf(c.rng, w.skew, 1, uint64(w.products-1))
	}
	return c
}

// next draws a cart: perCart different products.
func (c *carts) next() []v1.ReservationItem {
	items := make([]v1.ReservationItem, 0, c.perCart)
	for len(items) < c.perCart {
		id := product(c.draw())
		if !slices.ContainsFunc(items, func(i v1.ReservationItem) bool { return i.ProductID == id }) {
			items = append(items, v1.ReservationItem{ProductID: id, Quantity: 1})
		}
	}
	return items
}

func (c *carts) draw() int {
	if c.zipf != nil {
		return int(c.zipf.Uint64())
	}
	return c.rng.IntN(c.products)
}
