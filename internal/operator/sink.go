package operator

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"

	"github.com/acme/inventory-service/internal/bearer"
	"github.com/acme/inventory-service/internal/publisher"
)

// Where a Knative SinkBinding puts the token for the sink's audience, and the certificate
// authorities that the cluster trusts.
const (
	knativeTokenFile = "/oidc/token" //nolint:gosec // a path
	knativeTrust     = "/knative-custom-certs"
)

// boundTokenFile is the file of a SinkBinding's token, empty where there is none.
func boundTokenFile() string {
	if _, err := os.Stat(knativeTokenFile); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return knativeTokenFile
}

// sinks says how to reach sinks.
func (o Options) sinks(config *rest.Config) (to publisher.Options, err error) {
	to.Sink, to.DeadLetterSink, to.TokensOverHTTP = o.sink, o.deadLetterSink, o.sinkTokenOverHTTP
	to.SchemasURL = o.schemasURL
	to.Released, to.Consumed = o.sendReleased, o.sendConsumed
	to.RanOut, to.Back, to.Low = o.sendRanOut, o.sendBack, o.sendLow
	if to.Overrides, err = publisher.ParseOverrides(o.sinkOverrides); err != nil {
		return to, fmt.Errorf("--sink-overrides (or K_CE_OVERRIDES): %w", err)
	}
	files := []string{knativeTrust}
	if o.sinkCAFile != "" {
		if _, err := os.Stat(o.sinkCAFile); err != nil {
			return to, fmt.Errorf("--sink-ca-file: %w", err)
		}
		files = append(files, o.sinkCAFile)
	}
	if to.Roots, err = publisher.Roots(os.Getenv("K_CA_CERTS"), files...); err != nil {
		return to, err
	}
	if o.sink != "" {
		if to.SinkTokens, err = tokens(config, o.sinkAudience, o.sinkTokenFile); err != nil {
			return to, err
		}
	}
	to.DeadLetterTokens, err = tokens(config, o.deadLetterAudience, "")
	return to, err
}

// tokens are those for an audience, or of a file; nil where neither is given.
func tokens(config *rest.Config, audience, file string) (publisher.TokenSource, error) {
	switch {
	case audience != "":
		return bearer.NewRequested(config, audience, clock.RealClock{})
	case file != "":
		return bearer.File(file), nil
	default:
		return nil, nil
	}
}
