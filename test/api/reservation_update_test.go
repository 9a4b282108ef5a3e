package api

import "testing"

const command = "command never changes: it is the bridge that sets it"

// A Reservation that has only what it must have.
func TestReservationUpdatesOfBare(t *testing.T) {
	const unchanging = "items never change: release this Reservation and make another"
	checkUpdates(t, reservations, newReservation(set("spec.items", items(item("mug", 2), item("cup", 1)))), map[string]ruleCase{
		"nothing":             {change: all()},
		"label":               {change: set("metadata.labels", map[string]any{"channel": "web"})},
		"cartID":              {set("spec.cartID", "cart-2"), refuse("spec.cartID", "cartID never changes")},
		"command added":       {set("spec.command", map[string]any{"id": "0"}), refuse("spec.command", command)},
		"customerID added":    {set("spec.customerID", "c"), refuse("spec.customerID", "customerID never changes")},
		"orderID set later":   {change: set("spec.orderID", "order-1")},
		"orderID set empty":   {set("spec.orderID", ""), refuse("spec.orderID", "should be at least 1 chars long")},
		"holdFor added":       {set("spec.holdFor", "15m"), refuse("spec.holdFor", "holdFor never changes")},
		"quantity":            {set("spec.items", items(item("mug", 3), item("cup", 1))), refuse("spec.items", unchanging)},
		"product":             {set("spec.items", items(item("mug", 2), item("jug", 1))), refuse("spec.items", unchanging)},
		"item added":          {set("spec.items", items(item("mug", 2), item("cup", 1), item("jug", 1))), refuse("spec.items", unchanging)},
		"item removed":        {set("spec.items", items(item("mug", 2))), refuse("spec.items", unchanging)},
		"release with order":  {change: all(set("spec.intent", "Release"), set("spec.orderID", "order-1"))},
		"release":             {change: set("spec.intent", "Release")},
		"release, reason":     {change: all(set("spec.intent", "Release"), set("spec.releaseReason", "CHECKOUT_FAILED"))},
		"release, cancelled":  {change: all(set("spec.intent", "Release"), set("spec.releaseReason", "ORDER_CANCELLED"))},
		"release, expired":    {change: all(set("spec.intent", "Release"), set("spec.releaseReason", "EXPIRED"))},
		"release, own reason": {all(set("spec.intent", "Release"), set("spec.releaseReason", "BORED")), refuse("spec.releaseReason", `Unsupported value: "BORED"`)},
		"reason while held":   {set("spec.releaseReason", "EXPIRED"), refuse("spec.releaseReason", "releaseReason goes with intent Release")},
		"consume":             {change: set("spec.intent", "Consume")},
		"consume with order":  {change: all(set("spec.intent", "Consume"), set("spec.orderID", "order-1"))},
		"consume, reason":     {all(set("spec.intent", "Consume"), set("spec.releaseReason", "EXPIRED")), refuse("spec.releaseReason", "releaseReason goes with intent Release")},
		"two at once": {all(set("spec.cartID", "cart-2"), set("spec.holdFor", "1m")), []refusal{
			{"spec.cartID", "cartID never changes"}, {"spec.holdFor", "holdFor never changes"}}},
	})
}

// A Reservation that has all that it may have.
func TestReservationUpdatesOfFull(t *testing.T) {
	full := newReservation(set("spec.customerID", "c"), set("spec.orderID", "order-1"), set("spec.holdFor", "15m"),
		set("spec.command", map[string]any{"source": "/shop", "id": "0"}))
	checkUpdates(t, reservations, full, map[string]ruleCase{
		"command, same":      {change: set("spec.command", map[string]any{"source": "/shop", "id": "0"})},
		"command's id":       {set("spec.command.id", "1"), refuse("spec.command", command)},
		"command's source":   {remove("spec.command.source"), refuse("spec.command", command)},
		"command removed":    {remove("spec.command"), refuse("spec.command", command)},
		"customerID":         {set("spec.customerID", "d"), refuse("spec.customerID", "customerID never changes")},
		"customerID removed": {remove("spec.customerID"), refuse("spec.customerID", "customerID never changes")},
		"orderID":            {set("spec.orderID", "order-2"), refuse("spec.orderID", "orderID can be set once and then never changes")},
		"orderID removed":    {remove("spec.orderID"), refuse("spec.orderID", "orderID can be set once and then never changes")},
		"holdFor, equal":     {change: set("spec.holdFor", "900s")},
		"holdFor, longer":    {set("spec.holdFor", "16m"), refuse("spec.holdFor", "holdFor never changes")},
		"holdFor, shorter":   {set("spec.holdFor", "1s"), refuse("spec.holdFor", "holdFor never changes")},
		"holdFor removed":    {remove("spec.holdFor"), refuse("spec.holdFor", "holdFor never changes")},
		"holdFor, garbage":   {set("spec.holdFor", "soon"), refuse("spec.holdFor", "holdFor never changes", "holdFor must be a duration")},
		"items, same":        {change: set("spec.items", items(item("mug", 2)))},
	})
}

// items is a map by productID, yet the order of the lines is part of the
// command that a repeated one is compared with.
func TestReservationItemsKeepTheirOrder(t *testing.T) {
	base := newReservation(set("spec.items", items(item("mug", 2), item("cup", 1))))
	checkUpdates(t, reservations, base, map[string]ruleCase{
		"reversed": {set("spec.items", items(item("cup", 1), item("mug", 2))),
			refuse("spec.items", "items never change: release this Reservation and make another")},
	})
}

func TestReservationUpdatesOfReleased(t *testing.T) {
	const (
		once     = "intent moves once, from Hold to Release or Consume, and then never changes"
		together = "releaseReason is set together with intent Release and then never changes"
		goesWith = "releaseReason goes with intent Release"
	)
	release, reason := set("spec.intent", "Release"), set("spec.releaseReason", "CHECKOUT_FAILED")
	t.Run("without reason", func(t *testing.T) {
		checkUpdatesAfter(t, reservations, newReservation(), release, map[string]ruleCase{
			"nothing":        {change: all()},
			"order later":    {change: set("spec.orderID", "order-1")},
			"back to Hold":   {set("spec.intent", "Hold"), refuse("spec.intent", once)},
			"to Consume":     {set("spec.intent", "Consume"), refuse("spec.intent", once)},
			"intent removed": {remove("spec.intent"), refuse("spec.intent", once)},
			"reason later":   {reason, refuse("spec.releaseReason", together)},
		})
	})
	t.Run("with reason", func(t *testing.T) {
		checkUpdatesAfter(t, reservations, newReservation(), all(release, reason), map[string]ruleCase{
			"nothing":        {change: all()},
			"another reason": {set("spec.releaseReason", "EXPIRED"), refuse("spec.releaseReason", together)},
			"no reason":      {remove("spec.releaseReason"), refuse("spec.releaseReason", together)},
			"back to Hold": {set("spec.intent", "Hold"), []refusal{
				{"spec.intent", once}, {"spec.releaseReason", goesWith}}},
			"back to Hold, no reason": {all(set("spec.intent", "Hold"), remove("spec.releaseReason")), []refusal{
				{"spec.intent", once}, {"spec.releaseReason", together}}},
		})
	})
}
