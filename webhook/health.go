package webhook

import (
	"fmt"
	"net/http"
	"strings"
)

// Check is one condition of /readyz.
type Check struct {
	Name string
	// Fails returns why the condition is not met, nil if it is.
	Fails func() error
}

// livez says that the server runs.
func (b *bridge) livez(x *exchange, _ *http.Request) error {
	writeText(x, http.StatusOK, "ok")
	return nil
}

// readyz says whether this process knows the namespaces that it works in. Asked to be verbose
// it lists every check, as Kubernetes' own servers do.
func (b *bridge) readyz(x *exchange, r *http.Request) error {
	if r.URL.Query().Has("verbose") {
		b.readyzVerbose(x)
		return nil
	}
	if err := b.Ready(); err != nil {
		return fail(tryLater, "not ready: %v", err)
	}
	return b.livez(x, r)
}

func (b *bridge) readyzVerbose(x *exchange) {
	status, verdict := http.StatusOK, "passed"
	var list strings.Builder
	for _, check := range b.Checks {
		if err := check.Fails(); err != nil {
			fmt.Fprintf(&list, "[-]%s failed: %v\n", check.Name, err)
			status, verdict = http.StatusServiceUnavailable, "failed"
			continue
		}
		fmt.Fprintf(&list, "[+]%s ok\n", check.Name)
	}
	writeText(x, status, list.String()+"readyz check "+verdict)
}

func writeText(x *exchange, status int, text string) {
	writeBody(x, status, "text/plain; charset=utf-8", []byte(text))
}
