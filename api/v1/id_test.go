package v1_test

import (
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
)

func TestCanonicalID(t *testing.T) {
	const lower = "4465ca67-98d0-4514-baf8-1f97a0af0c27"
	for id, want := range map[string]string{
		"": "", "MUG": "MUG", lower: lower,
		"4465CA67-98D0-4514-BAF8-1F97A0AF0C27":  lower,
		"4465Ca67-98d0-4514-baf8-1f97a0aF0c27":  lower,
		"4465CA67-98D0-4514-BAF8-1F97A0AF0C2":   "4465CA67-98D0-4514-BAF8-1F97A0AF0C2",
		"4465CA67-98D0-4514-BAF8-1F97A0AF0C2G":  "4465CA67-98D0-4514-BAF8-1F97A0AF0C2G",
		"4465CA67098D0-4514-BAF8-1F97A0AF0C27":  "4465CA67098D0-4514-BAF8-1F97A0AF0C27",
		"4465CA6--98D0-4514-BAF8-1F97A0AF0C27":  "4465CA6--98D0-4514-BAF8-1F97A0AF0C27",
		"{4465CA67-98D0-4514-BAF8-1F97A0AF0C27": "{4465CA67-98D0-4514-BAF8-1F97A0AF0C27",
	} {
		if got := v1.CanonicalID(id); got != want {
			t.Errorf("%q is %q, want %q", id, got, want)
		}
	}
}
