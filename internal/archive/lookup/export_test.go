package lookup

import (
	"time"

	"github.com/acme/inventory-service/internal/stock"
)

// Patient has a lookup take what it takes on a busy machine.
func (a *Archive) Patient() *Archive {
	a.within = time.Minute
	return a
}

// Statement is one of the statements, with arguments.
type Statement struct {
	SQL       string
	Arguments []any
}

// Statements are all of them, by name.
func Statements() map[string]Statement {
	in := Namespace{Name: "shop"}
	in.Namespace = "uid-of-shop"
	const order, cart stock.ID = "order", "cart"
	all := map[string]Statement{}
	for name, q := range map[string]question{
		"by text": byText(in, "text"), "by order": byOrderOrCart(in, order, "", 1001),
		"by cart": byOrderOrCart(in, "", cart, 1001), "by both": byOrderOrCart(in, order, cart, 1001),
	} {
		all[name] = Statement{q.statement, q.arguments()}
	}
	return all
}
