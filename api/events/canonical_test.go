package events

import "testing"

func TestHash(t *testing.T) {
	decode := func(data string) string {
		command, err := anyIDs.Reserve([]byte(data))
		if err != nil {
			t.Fatal(err)
		}
		return command.Hash()
	}
	base := decode(`{"cartId":"c","holdFor":"1h","items":[{"productId":"a","quantity":1},{"productId":"b","quantity":3}]}`)
	same := map[string]string{
		"order":     `{"holdFor":"1h","items":[{"quantity":3,"productId":"b"},{"quantity":1,"productId":"a"}],"cartId":"c"}`,
		"repeated":  `{"cartId":"c","holdFor":"1h","items":[{"productId":"b","quantity":1},{"productId":"a","quantity":1},{"productId":"b","quantity":2}]}`,
		"spelling":  `{"cartId":"c","holdFor":"60m","items":[{"productId":"a","quantity":1.0},{"productId":"b","quantity":3e0}]}`,
		"more":      `{"new":1,"cartId":"c","holdFor":"1h","items":[{"productId":"a","quantity":1},{"productId":"b","quantity":3}]}`,
		"unchanged": `{"cartId":"c","holdFor":"1h","items":[{"productId":"a","quantity":1},{"productId":"b","quantity":3}]}`,
	}
	for name, data := range same {
		if decode(data) != base {
			t.Errorf("%s: another hash", name)
		}
	}
	other := map[string]string{
		"cart":     `{"cartId":"d","holdFor":"1h","items":[{"productId":"a","quantity":1},{"productId":"b","quantity":3}]}`,
		"customer": `{"cartId":"c","customerId":"x","holdFor":"1h","items":[{"productId":"a","quantity":1},{"productId":"b","quantity":3}]}`,
		"order":    `{"cartId":"c","orderId":"x","holdFor":"1h","items":[{"productId":"a","quantity":1},{"productId":"b","quantity":3}]}`,
		"hold":     `{"cartId":"c","items":[{"productId":"a","quantity":1},{"productId":"b","quantity":3}]}`,
		"quantity": `{"cartId":"c","holdFor":"1h","items":[{"productId":"a","quantity":1},{"productId":"b","quantity":4}]}`,
		"product":  `{"cartId":"c","holdFor":"1h","items":[{"productId":"a","quantity":1},{"productId":"d","quantity":3}]}`,
	}
	hashes := map[string]string{base: "base"}
	for name, data := range other {
		hash := decode(data)
		if hashes[hash] != "" {
			t.Errorf("%s: the hash of %s", name, hashes[hash])
		}
		hashes[hash] = name
	}
	// The hash is stored in Reservations: it must not change between releases.
	const known = "c7acd9793851b3c97d1c42519f05e9b0b0801049242989692b3b98efb78e5906"
	if base != known {
		t.Errorf("hash %s, want %s", base, known)
	}
}
