package webhook

import "net/http"

// allowedForEvents are the methods where CloudEvents are served.
const allowedForEvents = "POST, OPTIONS"

// handshake answers OPTIONS as receivers of the CloudEvents web-hook specification do before
// senders begin: whoever asks may send, at any rate. Who sends too much is answered 429, and who
// may not send what it sends is told so then.
func handshake(x *exchange, r *http.Request) error {
	header := x.Header()
	header.Set("Allow", allowedForEvents)
	if origin := r.Header.Get("WebHook-Request-Origin"); origin != "" {
		header.Set("WebHook-Allowed-Origin", origin)
		header.Set("WebHook-Allowed-Rate", "*")
	}
	x.WriteHeader(http.StatusOK)
	return nil
}
