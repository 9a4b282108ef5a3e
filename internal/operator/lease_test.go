package operator

import (
	"io"
	"testing"
)

// The lease that the flags name is what tells a deployment from others.
func TestSharedLease(t *testing.T) {
	for _, tc := range []struct {
		want  string
		flags []string
	}{
		{"shop/inventory-operator", []string{"--leader-election-namespace=shop"}},
		{"shop/other", []string{"--leader-election-namespace=shop", "--leader-election-id=other"}},
		{"/", []string{"--leader-election-namespace=shop", "--leader-elect=false"}},
	} {
		o, err := ParseFlags(tc.flags, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := o.sharedLease(); err != nil || got.String() != tc.want {
			t.Errorf("%v: %q, %v, want %q", tc.flags, got, err, tc.want)
		}
	}
}
