package webhook

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// A stock level from memory: the bridge's own cost, without a network.
func BenchmarkGetStockLevel(b *testing.B) {
	bridge := newBridge(b, offline(b))
	r := request(b, http.MethodGet, "/stock/p", "")
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		bridge.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}
