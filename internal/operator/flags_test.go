package operator

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
)

// What is wrong with the command line is told in one line that names it; usage is for whoever
// asks for it.
func TestParseFlags(t *testing.T) {
	for _, tc := range []struct{ argument, says string }{
		{"--nonsense", "-nonsense"}, {"--max-shown=x", "-max-shown"}, {"--lease-duration=x", "-lease-duration"}, {"extra", `"extra"`},
	} {
		var usage bytes.Buffer
		_, err := ParseFlags([]string{tc.argument}, &usage)
		if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "\n") || usage.Len() > 0 {
			t.Errorf("%s: %v, usage %q", tc.argument, err, usage.String())
		}
	}
	var usage bytes.Buffer
	if _, err := ParseFlags([]string{"--help"}, &usage); !errors.Is(err, flag.ErrHelp) || !strings.Contains(usage.String(), "-max-shown") {
		t.Errorf("%v, usage %q", err, usage.String())
	}
	if o, err := ParseFlags([]string{"--version"}, &usage); err != nil || !o.Version {
		t.Errorf("%+v, %v", o, err)
	}
	for _, flags := range [][]string{
		{"--show=x"}, {"--reply=x"}, {"--ids=x"}, {"--find-by=customer"}, {"--find-by=order, cart"}, {"--authentication=x"}, {"--audience=,"},
		{"--tls-cert-file=x"}, {"--tls-private-key-file=x"}, {"--max-shown=-1"}, {"--journal-limit=1"}, {"--default-hold=25h"}, {"--workers=0"},
		{"--max-in-flight=0"}, {"--item-metrics=-1"}, {"--metrics-cert-dir=x"}, {"--max-in-flight-per-caller=-1"},
		{"--lease-duration=900ms", "--renew-deadline=500ms", "--retry-period=100ms"}, {"--renew-deadline=1100ms", "--retry-period=1s"},
		{"--archive-url=postgres://:%zz"}, {"--archive-url=postgres://db", "--archive-url-file=x"},
	} {
		o, err := ParseFlags(flags, &usage)
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(flags[0], "=")
		if err := o.validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", flags, err)
		}
	}
}

// Without an election the times of its lease are nobody's concern, and no address of metrics is
// none, not all of the machine's.
func TestValidateTakes(t *testing.T) {
	o, err := ParseFlags([]string{"--leader-elect=false", "--lease-duration=0", "--metrics-address="}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.validate(); err != nil {
		t.Error(err)
	}
	if address := o.metrics.server().BindAddress; address != "0" {
		t.Errorf("metrics are served at %q", address)
	}
}
