package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/postgres"
)

// tryUnits is how many units the command to try reserves.
const tryUnits = 2

// tryCart is the cart that the command to try reserves for.
const tryCart = "5f0c7a52-3b0e-4a57-9d3c-6f0f3f1d8a11"

// sampleProduct is one of config/samples: the blue mug.
const sampleProduct = "4465ca67-98d0-4514-baf8-1f97a0af0c27"

// banner tells where things are and what to try. Its commands work as they are
// printed, in another terminal, from any directory.
func banner(o options, kubeconfig, product string) string {
	bridge := "http://" + loopback(o.bridgePort)
	lines := []string{
		"",
		"  bridge   " + bridge + "   metrics  http://" + loopback(o.metricsPort) + "/metrics",
		"  sink     http://" + loopback(o.sinkPort) + "   outcomes are printed below",
		"",
		"Try it in another terminal, after",
		"",
		"  export KUBECONFIG=" + quote(kubeconfig) + " PATH=" + quote(o.assets) + ":$PATH" + databaseVariables(o),
		"",
	}
	authorization := ""
	if o.authentication != "none" {
		authorization = ` -H "Authorization: Bearer $TOKEN"`
		lines = append(lines,
			"0. Get a token for the bridge:",
			"  kubectl create serviceaccount checkout",
			"  kubectl create rolebinding checkout --clusterrole=inventory-client --serviceaccount="+shopNamespace+":checkout",
			"  export TOKEN=$(kubectl create token checkout --audience=inventory-bridge)")
	}
	lines = append(lines,
		"1. Look at the stock:",
		"  kubectl get inventory",
		"2. Reserve two units (sent again, it gets the same answer; another id is another cart):",
		"  curl -sS "+bridge+authorization+" -H 'Content-Type: application/cloudevents+json' -d "+quote(reserveCommand(product)),
		"3. See the reservation:",
		"  kubectl get rsv",
		"4. Ask what is left:",
		"  curl -sS"+authorization+" "+quote(bridge+"/stock/"+url.PathEscape(product)),
		"5. See who decides, and the journal in which every decision is:",
		"  kubectl get ledger,journalpages",
	)
	if o.archive {
		lines = append(lines,
			"6. Ask the archive how much of each product there is, and what was refused (docs/sql-questions.md has more):",
			"  psql -c "+quote(stockQuery),
			"  psql -c "+quote(refusedQuery),
			"7. Find the cart's reservations; those that the journal has forgotten (after --retention, a day) come from the archive:",
			"  curl -sS"+authorization+" "+quote(bridge+"/reservations?cartId="+tryCart))
	}
	lines = append(lines,
		"",
		"Ctrl-C stops everything and keeps the data.",
		"",
	)
	return strings.Join(lines, "\n") + "\n"
}

// The queries to try.
const (
	stockQuery   = "SELECT product_id, available, reserved FROM stock ORDER BY product_id"
	refusedQuery = "SELECT product_id, count(*) AS carts, sum(quantity) AS units FROM refusal_items WHERE short GROUP BY product_id ORDER BY units DESC"
)

// databaseVariables have psql, and everything else that is built on libpq, find the archive's
// database.
func databaseVariables(o options) string {
	if !o.archive {
		return ""
	}
	return fmt.Sprintf(" PGHOST=127.0.0.1 PGPORT=%d PGUSER=%s PGPASSWORD=%s PGDATABASE=%s",
		o.databasePort, postgres.PlainRole, postgres.PasswordOf(postgres.PlainRole), databaseName)
}

// reserveCommand is a ReserveInventory CloudEvent in structured mode.
func reserveCommand(product string) string {
	event := struct {
		SpecVersion string                  `json:"specversion"`
		Type        string                  `json:"type"`
		Source      string                  `json:"source"`
		ID          string                  `json:"id"`
		Data        events.ReserveInventory `json:"data"`
	}{
		"1.0", events.TypeReserve, "/shop/checkout", "checkout-1",
		events.ReserveInventory{CartID: tryCart, Items: []events.Item{{ProductID: product, Quantity: tryUnits}}},
	}
	text, err := json.Marshal(event)
	if err != nil {
		panic("run: a command that is no JSON: " + err.Error()) // strings and numbers alone: cannot fail
	}
	return string(text)
}

// quote makes a text one word of a POSIX shell.
func quote(text string) string {
	plain := strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=") == ""
	if plain && text != "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
