package webhook

import "net/http"

// healthz says that the server runs.
func (b *bridge) healthz(x *exchange, _ *http.Request) error {
	writeBody(x, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
	return nil
}

// readyz says whether this process knows the namespaces that it works in.
func (b *bridge) readyz(x *exchange, r *http.Request) error {
	if err := b.Ready(); err != nil {
		return fail(tryLater, "not ready: %v", err)
	}
	return b.healthz(x, r)
}
