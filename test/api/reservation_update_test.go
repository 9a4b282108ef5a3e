package api

import (
	"os"
	"path/filepath"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const command = "command is immutable: it is the bridge that sets it"

// A Reservation that has only what it must have.
func TestReservationUpdatesOfBare(t *testing.T) {
	const unchanging = "the list of items is immutable: release this Reservation and make another"
	checkUpdates(t, reservations, newReservation(set("spec.items", items(item("mug", 2), item("cup", 1)))), map[string]ruleCase{
		"nothing":             {change: all()},
		"label":               {change: set("metadata.labels", map[string]any{"channel": "web"})},
		"cartID":              {set("spec.cartID", "cart-2"), refuse("spec.cartID", "cartID is immutable")},
		"command added":       {set("spec.command", map[string]any{"id": "0"}), refuse("spec.command", command)},
		"customerID added":    {set("spec.customerID", "c"), refuse("spec.customerID", "customerID is immutable")},
		"orderID set later":   {change: set("spec.orderID", "order-1")},
		"orderID set empty":   {set("spec.orderID", ""), refuse("spec.orderID", "should be at least 1 chars long")},
		"holdFor added":       {set("spec.holdFor", "15m"), refuse("spec.holdFor", "holdFor is immutable")},
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
			{"spec.cartID", "cartID is immutable"}, {"spec.holdFor", "holdFor is immutable"}}},
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
		"customerID":         {set("spec.customerID", "d"), refuse("spec.customerID", "customerID is immutable")},
		"customerID removed": {remove("spec.customerID"), refuse("spec.customerID", "customerID is immutable")},
		"orderID":            {set("spec.orderID", "order-2"), refuse("spec.orderID", "orderID can be set once and is immutable then")},
		"orderID removed":    {remove("spec.orderID"), refuse("spec.orderID", "orderID can be set once and is immutable then")},
		"holdFor, equal":     {change: set("spec.holdFor", "900s")},
		"holdFor, longer":    {set("spec.holdFor", "16m"), refuse("spec.holdFor", "holdFor is immutable")},
		"holdFor, shorter":   {set("spec.holdFor", "1s"), refuse("spec.holdFor", "holdFor is immutable")},
		"holdFor removed":    {remove("spec.holdFor"), refuse("spec.holdFor", "holdFor is immutable")},
		"holdFor, garbage":   {set("spec.holdFor", "soon"), refuse("spec.holdFor", "holdFor is immutable", "holdFor must be a duration")},
		"items, same":        {change: set("spec.items", items(item("mug", 2)))},
	})
}

// items is a map by productID, yet the order of the lines is part of the
// command that a repeated one is compared with.
func TestReservationItemsKeepTheirOrder(t *testing.T) {
	base := newReservation(set("spec.items", items(item("mug", 2), item("cup", 1))))
	checkUpdates(t, reservations, base, map[string]ruleCase{
		"reversed": {set("spec.items", items(item("cup", 1), item("mug", 2))),
			refuse("spec.items", "the list of items is immutable: release this Reservation and make another")},
	})
}

// Until an intent is carried out it stays: what was declared is not lost. Then any manifest
// can be applied again.
func TestReservationUpdatesOfReleased(t *testing.T) {
	const (
		pending  = "intent Release is not carried out yet"
		goesWith = "releaseReason goes with intent Release"
	)
	release, reason := set("spec.intent", "Release"), set("spec.releaseReason", "CHECKOUT_FAILED")
	t.Run("without reason", func(t *testing.T) {
		checkUpdatesAfter(t, reservations, newReservation(), release, map[string]ruleCase{
			"nothing":        {change: all()},
			"order later":    {change: set("spec.orderID", "order-1")},
			"back to Hold":   {set("spec.intent", "Hold"), refuse("spec.intent", pending)},
			"to Consume":     {set("spec.intent", "Consume"), refuse("spec.intent", pending)},
			"intent removed": {remove("spec.intent"), refuse("spec.intent", pending)},
			"reason later":   {change: reason},
		})
	})
	t.Run("with reason", func(t *testing.T) {
		checkUpdatesAfter(t, reservations, newReservation(), all(release, reason), map[string]ruleCase{
			"nothing":        {change: all()},
			"another reason": {change: set("spec.releaseReason", "EXPIRED")},
			"no reason":      {change: remove("spec.releaseReason")},
			"back to Hold":   {set("spec.intent", "Hold"), refuse("spec.intent", pending)},
			"another reason, back to Hold": {all(set("spec.intent", "Hold"), set("spec.releaseReason", "EXPIRED")), []refusal{
				{"spec.intent", pending}, {"spec.releaseReason", goesWith}}},
		})
	})
}

// What was carried out stays, and a manifest that says something else is no error, unless it
// asks for what cannot be any more.
func TestIntentAfterwards(t *testing.T) {
	objects := client.Resource(reservations).Namespace(newNamespace(t))
	for _, tc := range []struct{ intent, phase, impossible, says string }{
		{"Release", "Released", "Consume", "a Reservation that is Released cannot be consumed"},
		{"Consume", "Consumed", "Release", "a Reservation that is Consumed cannot be released"},
	} {
		t.Run(tc.phase, func(t *testing.T) {
			made, err := objects.Create(t.Context(), newReservation(set("spec.intent", tc.intent)), metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			shown, err := objects.UpdateStatus(t.Context(), changed(made, set("status.phase", tc.phase)), metav1.UpdateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			checkUpdatesOf(t, objects, shown, map[string]ruleCase{
				"the same":  {change: set("spec.intent", tc.intent)},
				"Hold":      {change: set("spec.intent", "Hold")},
				"no intent": {change: remove("spec.intent")},
				"the other": {set("spec.intent", tc.impossible), refuse("spec.intent", tc.says)},
			})
			held, err := objects.Update(t.Context(), changed(shown, set("spec.intent", "Hold")), metav1.UpdateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			checkUpdatesOf(t, objects, held, map[string]ruleCase{
				"again":     {change: set("spec.intent", tc.intent)},
				"the other": {set("spec.intent", tc.impossible), refuse("spec.intent", tc.says)},
			})
		})
	}
}

// GitOps applies what it has again and again, in one of three ways, whatever somebody did
// with the cart meanwhile.
func TestManifestsApplyAgain(t *testing.T) {
	kubectl := newKubectl(t)
	for name, apply := range map[string][]string{
		"client-side": {"apply"}, "server-side": {"apply", "--server-side", "--force-conflicts"},
	} {
		for intent, phase := range map[string]string{"Consume": "Consumed", "Release": "Released"} {
			t.Run(name+"-"+phase, func(t *testing.T) {
				namespace := newNamespace(t)
				objects := client.Resource(reservations).Namespace(namespace)
				manifest := filepath.Join(t.TempDir(), "cart.yaml")
				text := "apiVersion: inventory.acme.com/v1\nkind: Reservation\nmetadata: {name: cart, namespace: " + namespace + "}\n" +
					"spec: {cartID: cart, intent: Hold, items: [{productID: mug, quantity: 1}]}\n"
				if err := os.WriteFile(manifest, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				kubectl(append(apply, "-f", manifest)...)
				patch := `{"spec":{"intent":"` + intent + `"}}`
				if intent == "Release" {
					patch = `{"spec":{"intent":"Release","releaseReason":"ORDER_CANCELLED"}}`
				}
				kubectl("patch", "rsv", "cart", "-n", namespace, "--type=merge", "-p", patch)
				stored, err := objects.Get(t.Context(), "cart", metav1.GetOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := objects.UpdateStatus(t.Context(), changed(stored, set("status.phase", phase)), metav1.UpdateOptions{}); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					kubectl(append(apply, "-f", manifest)...)
				}
			})
		}
	}
	for _, intent := range []string{"Release", "Consume"} {
		t.Run("created with "+intent, func(t *testing.T) {
			made, err := client.Resource(reservations).Namespace(newNamespace(t)).Create(t.Context(), newReservation(set("spec.intent", intent)), metav1.CreateOptions{})
			if err != nil || made == nil {
				t.Error(err)
			}
		})
	}
}
