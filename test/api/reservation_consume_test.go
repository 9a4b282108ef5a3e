package api

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
)

// storeInPhase stores a Reservation and shows it in a phase.
func storeInPhase(t *testing.T, objects dynamic.ResourceInterface, phase string) *object {
	t.Helper()
	made, err := objects.Create(t.Context(), newReservation(), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := objects.UpdateStatus(t.Context(), changed(made, set("status.phase", phase)), metav1.UpdateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

// What holds nothing cannot be consumed; the message says why it holds nothing.
func TestConsumeByPhase(t *testing.T) {
	objects := client.Resource(reservations).Namespace(newNamespace(t))
	gone := map[string][]refusal{"Consumed": refuse("spec.intent", "a Reservation that is Consumed cannot be released")}
	for phase, want := range map[string][]refusal{
		"Pending":     nil,
		"Reserved":    nil,
		"Consumed":    nil,
		"Released":    refuse("spec.intent", "a Reservation that is Released cannot be consumed"),
		"Unavailable": refuse("spec.intent", "a Reservation that is Unavailable cannot be consumed"),
	} {
		t.Run(phase, func(t *testing.T) {
			checkUpdatesOf(t, objects, storeInPhase(t, objects, phase), map[string]ruleCase{
				"consume": {set("spec.intent", "Consume"), want},
				"release": {set("spec.intent", "Release"), gone[phase]},
				"label":   {change: set("metadata.labels", map[string]any{"channel": "web"})},
			})
		})
	}
}

// The rule is about what owners write: it never keeps the operator from showing
// what became of a Reservation.
func TestStatusOfConsumedIntent(t *testing.T) {
	objects := client.Resource(reservations).Namespace(newNamespace(t))
	stored := storeInPhase(t, objects, "Pending")
	stored, err := objects.Update(t.Context(), changed(stored, set("spec.intent", "Consume")), metav1.UpdateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, phase := range []string{"Reserved", "Unavailable", "Released", "Consumed"} {
		shown, err := objects.UpdateStatus(t.Context(), changed(stored, set("status.phase", phase)), metav1.UpdateOptions{})
		if err != nil {
			t.Fatalf("%s cannot be shown: %v", phase, err)
		}
		if stored, err = objects.Update(t.Context(), changed(shown, set("metadata.labels", map[string]any{"phase": phase})), metav1.UpdateOptions{}); err != nil {
			t.Fatalf("%s with intent Consume cannot be labelled: %v", phase, err)
		}
	}
}

func TestReservationUpdatesOfConsumed(t *testing.T) {
	const pending = "intent Consume is not carried out yet"
	checkUpdatesAfter(t, reservations, newReservation(), set("spec.intent", "Consume"), map[string]ruleCase{
		"nothing":        {change: all()},
		"order later":    {change: set("spec.orderID", "order-1")},
		"back to Hold":   {set("spec.intent", "Hold"), refuse("spec.intent", pending)},
		"to Release":     {set("spec.intent", "Release"), refuse("spec.intent", pending)},
		"intent removed": {remove("spec.intent"), refuse("spec.intent", pending)},
		"a reason":       {set("spec.releaseReason", "EXPIRED"), refuse("spec.releaseReason", "releaseReason goes with intent Release")},
	})
}

// totalsFields are the two lists of running totals. They follow the same rules.
var totalsFields = []string{"consumeItems", "releaseItems"}

func TestRunningTotalsBounds(t *testing.T) {
	for _, field := range totalsFields {
		t.Run(field, func(t *testing.T) {
			list := "spec." + field
			quantity := list + "[0].quantity"
			of := func(lines ...map[string]any) change { return set(list, items(lines...)) }
			many := func(n int) change {
				lines := distinctItems(n)
				return set(list, lines)
			}
			cases := map[string]ruleCase{
				"one":                  {change: of(partial("mug", "amsterdam-1", 1))},
				"no location":          {change: of(partial("mug", "", 1))},
				"two locations":        {change: of(partial("mug", "amsterdam-1", 1), partial("mug", "rotterdam-2", 1))},
				"none":                 {change: of()},
				"a hundred":            {change: many(100)},
				"more":                 {many(101), refuse(list, "must have at most 100 items")},
				"the same twice":       {of(partial("mug", "a", 1), partial("mug", "a", 2)), refuse(list+"[1]", "Duplicate value")},
				"no location twice":    {of(partial("mug", "", 1), partial("mug", "", 2)), []refusal{{list + "[1]", "Duplicate value"}, {list, "the lines of one product all name a location"}}},
				"one without location": {change: of(partial("mug", "", 1), partial("cup", "b", 1))},
				"some without":         {of(partial("mug", "a", 1), partial("mug", "", 2)), refuse(list, "the lines of one product all name a location, or there is one line without")},
				"no product":           {of(map[string]any{"quantity": int64(1)}), refuse(list+"[0].productID", "Required value")},
				"no quantity":          {of(map[string]any{"productID": "mug"}), refuse(quantity, "Required value")},
				"quantity 0":           {of(partial("mug", "a", 0)), refuse(quantity, "should be greater than or equal to 1")},
				"quantity 1e9":         {change: of(partial("mug", "a", 1_000_000_000))},
				"quantity 1e9+1":       {of(partial("mug", "a", 1_000_000_001)), refuse(quantity, "should be less than or equal to 1000000000")},
				"quantity 1.5":         {of(partial("mug", "a", 1.5)), notInteger(quantity, "int64")},
				"with the whole":       {change: all(of(partial("mug", "a", 1)), set("spec.intent", "Consume"))},
				"with a whole release": {change: all(of(partial("mug", "a", 1)), set("spec.intent", "Release"))},
			}
			checkUpdates(t, reservations, newReservation(), cases)
			for field, longest := range map[string]int{"productID": 128, "locationID": 63} {
				t.Run(field, func(t *testing.T) { checkTotalsIDs(t, list, field, longest) })
			}
		})
	}
}

// checkTotalsIDs writes ids of all kinds into a line of running totals.
func checkTotalsIDs(t *testing.T, list, field string, longest int) {
	t.Helper()
	const scratch = "scratch"
	cases := ids(scratch, longest)
	if field == "locationID" {
		cases = locations(scratch, longest)
		cases["empty"] = ruleCase{change: cases["empty"].change} // all locations
	}
	for name, c := range cases {
		c.change = all(c.change, func(o *object) {
			line := partial("mug", "amsterdam-1", 1)
			line[field] = o.Object[scratch]
			set(list, items(line))(o)
			remove(scratch)(o)
		})
		for i := range c.refused {
			c.refused[i].field = list + "[0]." + field
		}
		cases[name] = c
	}
	checkUpdates(t, reservations, newReservation(), cases)
}

// Once a cart is decided, what matches no allocation is refused, whoever wrote what before.
func TestRunningTotalsMatch(t *testing.T) {
	objects := client.Resource(reservations).Namespace(newNamespace(t))
	for field, other := range map[string]string{"consumeItems": "released", "releaseItems": "consumed"} {
		t.Run(field, func(t *testing.T) {
			list := "spec." + field
			of := func(lines ...map[string]any) change { return set(list, items(lines...)) }
			made, err := objects.Create(t.Context(), newReservation(set("spec.items", items(item("mug", 5), item("cup", 1))), of(partial("mug", "gone", 1))), metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			allocation := func(product, location string, quantity, otherwise int64) map[string]any {
				return map[string]any{"productID": product, "locationID": location, "quantity": quantity, other: otherwise}
			}
			stored, err := objects.UpdateStatus(t.Context(), changed(made, set("status.phase", "Reserved"),
				set("status.allocations", items(allocation("mug", "a", 3, 1), allocation("mug", "b", 2, 0), allocation("cup", "b", 1, 0)))), metav1.UpdateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			message := "names more units than were reserved there"
			if field == "consumeItems" {
				message = "names more units of a product than were reserved"
			}
			// A shipment may come from another place: whether that has the units is told later.
			atAnother := func(c change) ruleCase {
				if field == "consumeItems" {
					return ruleCase{change: c}
				}
				return ruleCase{c, refuse(list, message)}
			}
			before := partial("mug", "gone", 1)
			checkUpdatesOf(t, objects, stored, map[string]ruleCase{
				"nothing":                {change: all()},
				"a label":                {change: set("metadata.labels", map[string]any{"channel": "web"})},
				"what is left":           {change: of(before, partial("mug", "a", 2))},
				"more than is left":      atAnother(of(before, partial("mug", "a", 3))),
				"more than was reserved": atAnother(of(before, partial("mug", "b", 3))),
				"another location":       atAnother(of(before, partial("mug", "default", 1))),
				"another product":        {of(before, partial("hat", "a", 1)), refuse(list, message)},
				"a product elsewhere":    atAnother(of(before, partial("cup", "a", 1))),
				"all locations":          {change: of(before, partial("cup", "", 1))},
				"more than all":          {of(before, partial("cup", "", 2)), refuse(list, message)},
				"another everywhere":     {of(before, partial("hat", "", 1)), refuse(list, message)},
				"one that was bad grows": atAnother(of(partial("mug", "gone", 2))),
			})
			checkStatusOf(t, objects, stored, set("status.reason", "x"))
		})
	}
}

// checkStatusOf changes a status, which no rule about a spec keeps anybody from.
func checkStatusOf(t *testing.T, objects dynamic.ResourceInterface, stored *object, change change) {
	t.Helper()
	if _, err := objects.UpdateStatus(t.Context(), changed(stored, change), metav1.UpdateOptions{}); err != nil {
		t.Errorf("the status cannot be written: %v", err)
	}
}

func TestRunningTotalsOnlyGrow(t *testing.T) {
	const grows = "the quantity is a running total: it only grows"
	for _, field := range totalsFields {
		t.Run(field, func(t *testing.T) {
			list, back := "spec."+field, field+" are running totals: they are never taken back"
			of := func(lines ...map[string]any) change { return set(list, items(lines...)) }
			a, b := partial("mug", "a", 5), partial("mug", "b", 1)
			base := newReservation(of(a, b))
			checkUpdates(t, reservations, base, map[string]ruleCase{
				"the same":         {change: all()},
				"in another order": {change: of(b, a)},
				"more":             {change: of(partial("mug", "a", 6), b)},
				"another place":    {change: of(a, b, partial("mug", "c", 1))},
				"another product":  {change: of(a, b, partial("cup", "a", 1))},
				"less":             {of(partial("mug", "a", 4), b), refuse(list+"[0].quantity", grows)},
				"less, reordered":  {of(b, partial("mug", "a", 4)), refuse(list+"[1].quantity", grows)},
				"one taken back":   {of(a), refuse(list, back)},
				"moved":            {of(a, partial("mug", "c", 1)), refuse(list, back)},
				"emptied":          {of(), refuse(list, back)},
				"removed":          {remove(list), refuse(list, back)},
				"null":             {set(list, nil), refuse(list, back)},
				"less at the end":  {all(of(partial("mug", "a", 4), b), set("spec.intent", "Consume")), refuse(list+"[0].quantity", grows)},
			})
		})
	}
}

func TestRunningTotalsFreeze(t *testing.T) {
	for _, field := range totalsFields {
		for _, intent := range []string{"Release", "Consume"} {
			t.Run(field+" after "+intent, func(t *testing.T) {
				list := "spec." + field
				frozen, back := field+" never change once intent is Release or Consume", field+" are running totals: they are never taken back"
				of := func(lines ...map[string]any) change { return set(list, items(lines...)) }
				a, b := partial("mug", "a", 5), partial("mug", "b", 1)
				checkUpdatesAfter(t, reservations, newReservation(of(a)), set("spec.intent", intent), map[string]ruleCase{
					"the same": {change: of(a)},
					"more":     {of(partial("mug", "a", 6)), refuse(list, frozen)},
					"added":    {of(a, b), refuse(list, frozen)},
					"removed":  {remove(list), refuse(list, back)},
					"replaced": {of(b), []refusal{{list, back}, {list, frozen}}},
				})
				checkUpdatesAfter(t, reservations, newReservation(), set("spec.intent", intent), map[string]ruleCase{
					"first ones": {of(a), refuse(list, frozen)},
				})
			})
		}
	}
}
