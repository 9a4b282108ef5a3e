package chaos

import (
	"encoding/json"
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// badCodes are the errors that a request may be answered with. A read meets no
// conflict.
func badCodes(method string) []int {
	codes := []int{
		http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}
	if method != http.MethodGet {
		codes = append(codes, http.StatusConflict)
	}
	return codes
}

// deny answers with an error as the API server tells it.
func deny(rw http.ResponseWriter, code int) {
	reasons := map[int]metav1.StatusReason{
		http.StatusConflict:            metav1.StatusReasonConflict,
		http.StatusTooManyRequests:     metav1.StatusReasonTooManyRequests,
		http.StatusInternalServerError: metav1.StatusReasonInternalError,
		http.StatusServiceUnavailable:  metav1.StatusReasonServiceUnavailable,
		http.StatusGatewayTimeout:      metav1.StatusReasonTimeout,
	}
	body, err := json.Marshal(metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Reason: reasons[code], Code: int32(code),
		Message: fmt.Sprintf("a storm answers %d", code),
	})
	if err != nil {
		panic(err) // strings and numbers alone: cannot fail
	}
	rw.Header().Set("Content-Type", "application/json")
	if code == http.StatusTooManyRequests {
		rw.Header().Set("Retry-After", "1")
	}
	rw.WriteHeader(code)
	_, _ = rw.Write(body)
}
