package operator

import (
	"bytes"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
)

// What a SinkBinding sets is taken in, and what is wrong with it is told at start.
func TestSinkBinding(t *testing.T) {
	t.Setenv("K_SINK", "https://broker.example/shop")
	t.Setenv("K_CE_OVERRIDES", `{"extensions":{"region":"eu"}}`)
	o, err := ParseFlags(nil, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	to, err := o.sinks(&rest.Config{})
	if err != nil || to.Sink != "https://broker.example/shop" || to.Overrides["region"] != "eu" || to.SinkTokens != nil {
		t.Errorf("%+v, %v", to, err)
	}
	for variable, text := range map[string]string{"K_CE_OVERRIDES": "{", "K_CA_CERTS": "no PEM"} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, text)
			o, err := ParseFlags(nil, &bytes.Buffer{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := o.sinks(&rest.Config{}); err == nil || !strings.Contains(err.Error(), variable) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestSinkFlags(t *testing.T) {
	for _, flags := range [][]string{
		{"--sink-audience=a"}, {"--sink=https://a", "--sink-audience=a", "--sink-token-file=x"}, {"--sink=https://a", "--dead-letter-sink-audience=a"},
	} {
		o, err := ParseFlags(flags, &bytes.Buffer{})
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(flags[len(flags)-1], "=")
		if err := o.validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", flags, err)
		}
	}
	o, err := ParseFlags([]string{"--sink=https://a", "--sink-ca-file=/nowhere"}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.sinks(&rest.Config{}); err == nil || !strings.Contains(err.Error(), "--sink-ca-file") {
		t.Errorf("%v", err)
	}
	o, err = ParseFlags([]string{"--sink=https://a", "--sink-audience=a"}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if to, err := o.sinks(&rest.Config{}); err != nil || to.SinkTokens == nil || to.DeadLetterTokens != nil {
		t.Errorf("%+v, %v", to, err)
	}
}
