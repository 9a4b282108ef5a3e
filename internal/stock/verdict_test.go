package stock

import "testing"

// The names are those of the constants, in their order.
func TestVerdictNames(t *testing.T) {
	for verdict, want := range map[Verdict]string{
		0: "Verdict(0)", Done: "Done", Full: "Full", Unverified: "Unverified", NotThere: "NotThere", Outdated: "Outdated", Outdated + 1: "Verdict(18)",
	} {
		if got := verdict.String(); got != want {
			t.Errorf("%d is %s, want %s", uint8(verdict), got, want)
		}
	}
}
