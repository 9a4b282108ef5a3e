package testbed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Fault is what becomes of one request instead of being served.
type Fault func(*Passage)

// Passage is one request on its way from the operator to a server.
type Passage struct {
	World  *World
	Writer http.ResponseWriter
	Victim <-chan *Operator
	// Send serves the request, and does so also when the operator is gone.
	Send func() (*Reply, error)
	// body is what is sent.
	body []byte
}

// Reply is a whole answer of a server.
type Reply struct {
	Code   int
	Header http.Header
	Body   []byte
}

// KillBefore kills the operator before its request is served.
func KillBefore(p *Passage) {
	p.Kill()
	p.Drop()
}

// KillUnanswered has the request served and kills the operator before it knows.
func KillUnanswered(p *Passage) {
	p.Serve()
	p.Kill()
	p.Drop()
}

// KillThenServe kills the operator and has its request served: neither the answer nor a
// watch tells it.
func KillThenServe(p *Passage) {
	p.Kill()
	p.Serve()
	p.Drop()
}

// KillAnswered kills the operator as soon as it has read the answer.
func KillAnswered(p *Passage) {
	p.Deliver(p.Serve())
	p.Kill()
}

// LoseRequest breaks the connection and nothing is served.
func LoseRequest(p *Passage) { p.Drop() }

// LoseAnswer has the request served and breaks the connection.
func LoseAnswer(p *Passage) {
	p.Serve()
	p.Drop()
}

// Withhold breaks the connection and keeps the request, to be served later.
func Withhold(late chan<- *Passage) Fault {
	return func(p *Passage) {
		late <- p
		p.Drop()
	}
}

// KillWithheld kills the operator and keeps the request, to be served later.
func KillWithheld(late chan<- *Passage) Fault {
	return func(p *Passage) {
		p.Kill()
		late <- p
		p.Drop()
	}
}

// OvertakenBy serves a withheld request first and then this one.
func OvertakenBy(late <-chan *Passage) Fault {
	return func(p *Passage) {
		select {
		case first := <-late:
			first.Serve()
		case <-time.After(Patience):
			p.World.Error("no request was withheld that could be served first")
		}
		p.Deliver(p.Serve())
	}
}

// Answer answers with an error and nothing is served.
func Answer(code int) Fault {
	return func(p *Passage) { p.Deliver(failure(code)) }
}

// Deny answers with an error that says why, and nothing is served.
func Deny(code int, reason metav1.StatusReason, message string) Fault {
	return func(p *Passage) { p.Deliver(failureOf(code, reason, message)) }
}

// Forbid is Deny of what is forbidden.
func Forbid(message string) Fault {
	return Deny(http.StatusForbidden, metav1.StatusReasonForbidden, message)
}

// ServeAndAnswer has the request served and answers with an error.
func ServeAndAnswer(code int) Fault {
	return func(p *Passage) {
		p.Serve()
		p.Deliver(failure(code))
	}
}

// Change replaces what is sent, as an admission webhook might.
func (p *Passage) Change(by func(body []byte) []byte) { p.body = by(p.body) }

// Kill ends the operator that made the request.
func (p *Passage) Kill() {
	select {
	case o := <-p.Victim:
		o.Kill()
	case <-time.After(Patience):
		p.World.Error("a fault was met with no operator to kill")
	}
}

// Drop breaks the connection.
func (p *Passage) Drop() { panic(http.ErrAbortHandler) }

// Serve has the request served and returns the answer.
func (p *Passage) Serve() *Reply {
	answer, err := p.Send()
	if err != nil {
		p.World.Errorf("a request could not be passed on: %v", err)
		p.Drop()
	}
	return answer
}

// Deliver gives the operator an answer and returns when it has read all of it:
// a client closes a connection that is not to be used again once it has read the
// Answer to its end.
func (p *Passage) Deliver(answer *Reply) {
	connection, buffered, err := http.NewResponseController(p.Writer).Hijack()
	if err != nil {
		p.World.Errorf("an answer could not be delivered: %v", err)
		return
	}
	defer func() { _ = connection.Close() }()
	response := http.Response{
		ProtoMajor: 1, ProtoMinor: 1, StatusCode: answer.Code, Header: answer.Header, Close: true,
		Body: io.NopCloser(bytes.NewReader(answer.Body)), ContentLength: int64(len(answer.Body)),
	}
	if err := response.Write(connection); err != nil {
		p.World.Logf("an answer could not be delivered: %v", err)
		return
	}
	_ = connection.SetReadDeadline(time.Now().Add(Patience))
	_, _ = io.Copy(io.Discard, buffered)
}

// failure is an error as the API server tells it.
func failure(code int) *Reply {
	reasons := map[int]metav1.StatusReason{
		http.StatusConflict:            metav1.StatusReasonConflict,
		http.StatusTooManyRequests:     metav1.StatusReasonTooManyRequests,
		http.StatusInternalServerError: metav1.StatusReasonInternalError,
		http.StatusServiceUnavailable:  metav1.StatusReasonServiceUnavailable,
		http.StatusGatewayTimeout:      metav1.StatusReasonTimeout,
	}
	return failureOf(code, reasons[code], fmt.Sprintf("a test answers %d", code))
}

func failureOf(code int, reason metav1.StatusReason, message string) *Reply {
	status := metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Reason: reason, Code: int32(code), Message: message,
	}
	body, err := json.Marshal(status)
	if err != nil {
		panic(err) // strings and numbers alone: cannot fail
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if code == http.StatusTooManyRequests {
		header.Set("Retry-After", "1")
	}
	return &Reply{Code: code, Header: header, Body: body}
}

// Freeze stops the operator in the middle of a write, which is served when the
// Operator is thawed, long after its lease. It tells the answer's code.
func Freeze(thaw <-chan struct{}, code chan<- int) Fault {
	return func(p *Passage) {
		var o *Operator
		select {
		case o = <-p.Victim:
		case <-time.After(Patience):
			p.World.Error("a fault was met with no operator to freeze")
			p.Drop()
		}
		o.Signal(syscall.SIGSTOP)
		select {
		case <-thaw:
		case <-time.After(Patience):
		}
		answer := p.Serve()
		code <- answer.Code
		o.Signal(syscall.SIGCONT)
		p.Deliver(answer)
	}
}

// Double has the request served twice, as a resending proxy would, and delivers the first
// answer.
func Double(p *Passage) {
	first := p.Serve()
	p.Serve()
	p.Deliver(first)
}
