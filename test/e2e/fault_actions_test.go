package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// fault is what becomes of one request instead of being served.
type fault func(*passage)

// passage is one request on its way from the operator to a server.
type passage struct {
	w      *world
	rw     http.ResponseWriter
	victim <-chan *operator
	// send serves the request, and does so also when the operator is gone.
	send func() (*reply, error)
}

// reply is a whole answer of a server.
type reply struct {
	code   int
	header http.Header
	body   []byte
}

// killBefore kills the operator before its request is served.
func killBefore(p *passage) {
	p.kill()
	p.drop()
}

// killUnanswered has the request served and kills the operator before it knows.
func killUnanswered(p *passage) {
	p.serve()
	p.kill()
	p.drop()
}

// killAnswered kills the operator as soon as it has read the answer.
func killAnswered(p *passage) {
	p.deliver(p.serve())
	p.kill()
}

// loseRequest breaks the connection and nothing is served.
func loseRequest(p *passage) { p.drop() }

// loseAnswer has the request served and breaks the connection.
func loseAnswer(p *passage) {
	p.serve()
	p.drop()
}

// withhold breaks the connection and keeps the request, to be served later.
func withhold(late chan<- *passage) fault {
	return func(p *passage) {
		late <- p
		p.drop()
	}
}

// killWithheld kills the operator and keeps the request, to be served later.
func killWithheld(late chan<- *passage) fault {
	return func(p *passage) {
		p.kill()
		late <- p
		p.drop()
	}
}

// overtakenBy serves a withheld request first and then this one.
func overtakenBy(late <-chan *passage) fault {
	return func(p *passage) {
		(<-late).serve()
		p.deliver(p.serve())
	}
}

// answer answers with an error and nothing is served.
func answer(code int) fault {
	return func(p *passage) { p.deliver(failure(code)) }
}

// serveAndAnswer has the request served and answers with an error.
func serveAndAnswer(code int) fault {
	return func(p *passage) {
		p.serve()
		p.deliver(failure(code))
	}
}

// kill ends the operator that made the request.
func (p *passage) kill() {
	select {
	case o := <-p.victim:
		o.kill()
	case <-time.After(patience):
		p.w.Error("a fault was met with no operator to kill")
	}
}

// drop breaks the connection.
func (p *passage) drop() { panic(http.ErrAbortHandler) }

// serve has the request served and returns the answer.
func (p *passage) serve() *reply {
	answer, err := p.send()
	if err != nil {
		p.w.Errorf("a request could not be passed on: %v", err)
		p.drop()
	}
	return answer
}

// deliver gives the operator an answer and returns when it has read all of it:
// a client closes a connection that is not to be used again once it has read the
// answer to its end.
func (p *passage) deliver(answer *reply) {
	connection, buffered, err := http.NewResponseController(p.rw).Hijack()
	if err != nil {
		p.w.Errorf("an answer could not be delivered: %v", err)
		return
	}
	defer func() { _ = connection.Close() }()
	response := http.Response{
		ProtoMajor: 1, ProtoMinor: 1, StatusCode: answer.code, Header: answer.header, Close: true,
		Body: io.NopCloser(bytes.NewReader(answer.body)), ContentLength: int64(len(answer.body)),
	}
	if err := response.Write(connection); err != nil {
		p.w.Logf("an answer could not be delivered: %v", err)
		return
	}
	_ = connection.SetReadDeadline(time.Now().Add(patience))
	_, _ = io.Copy(io.Discard, buffered)
}

// failure is an error as the API server tells it.
func failure(code int) *reply {
	reasons := map[int]metav1.StatusReason{
		http.StatusConflict:            metav1.StatusReasonConflict,
		http.StatusTooManyRequests:     metav1.StatusReasonTooManyRequests,
		http.StatusInternalServerError: metav1.StatusReasonInternalError,
		http.StatusServiceUnavailable:  metav1.StatusReasonServiceUnavailable,
		http.StatusGatewayTimeout:      metav1.StatusReasonTimeout,
	}
	status := metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Reason: reasons[code], Code: int32(code),
		Message: fmt.Sprintf("a test answers %d", code),
	}
	body, err := json.Marshal(status)
	if err != nil {
		panic(err) // strings and numbers alone: cannot fail
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if code == http.StatusTooManyRequests {
		header.Set("Retry-After", "1")
	}
	return &reply{code: code, header: header, body: body}
}
