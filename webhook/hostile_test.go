package webhook

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/contract"
)

// hostileRequests are sent by TestHostileRequests, and hostileGrowth is how much the heap may grow by them:
// what is remembered of those commands that make sense.
const (
	hostileRequests = 10_000
	hostileGrowth   = 8 << 20
)

// Whatever is sent, the bridge answers what is the sender's fault as such, with a problem
// document: it neither fails nor panics, and keeps nothing. SEED=n sends the requests of a failure
// again.
func TestHostileRequests(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("SEED=%d", seed)
	url, stop := serve(t, newBridge(t, offline(t)))
	defer func() { _ = stop() }()
	address := strings.TrimPrefix(url, "http://")
	sendHostile(t, address, seed, 500) // what is made once
	before, routines := heap(), runtime.NumGoroutine()
	met := sendHostile(t, address, seed+1, hostileRequests)
	for _, status := range []int{400, 404, 405, 413, 415, 422, 431, 501, 505, 503} {
		if met[status] == 0 {
			t.Errorf("nothing was answered %d: the requests are not what they should be", status)
		}
	}
	t.Logf("answers by status: %v", met)
	for deadline := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > routines+20; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), routines)
		}
	}
	if grown := heap() - before; grown > hostileGrowth {
		t.Errorf("the heap has grown by %d KiB", grown>>10)
	}
}

// sendHostile sends requests, some at a time, and counts the answers by status.
func sendHostile(t *testing.T, address string, seed uint64, requests int) map[int]int {
	t.Helper()
	const senders = 8
	var sending sync.WaitGroup
	var mu sync.Mutex
	met := map[int]int{}
	for sender := range senders {
		sending.Go(func() {
			h := &hostile{Rand: rand.New(rand.NewPCG(seed, uint64(sender)))}
			for range requests / senders {
				sent := h.next()
				statuses, wrong := sent.judge(address)
				if wrong != "" {
					t.Errorf("%s: %s", sent.text[:min(len(sent.text), 400)], wrong)
				}
				mu.Lock()
				for _, status := range statuses {
					met[status]++
				}
				mu.Unlock()
			}
		})
	}
	sending.Wait()
	return met
}

// judge sends it and says what is wrong with the answers, nothing where they are right.
func (s hostileRequest) judge(address string) (statuses []int, wrong string) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err.Error()
	}
	defer func() { _ = connection.Close() }()
	_ = connection.SetDeadline(time.Now().Add(30 * time.Second))
	go func() {
		_, _ = io.WriteString(connection, s.text) // it may be answered before its end
		if s.breaksOff {
			_ = connection.(*net.TCPConn).CloseWrite()
		}
	}()
	answers := bufio.NewReader(connection)
	for {
		response, err := http.ReadResponse(answers, &http.Request{Method: s.method})
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return statuses, "neither answered nor closed"
		}
		if err != nil { // closed
			if len(statuses) == 0 && !s.noHTTP && !s.long {
				return statuses, "closed without an answer: " + err.Error()
			}
			return statuses, ""
		}
		statuses = append(statuses, response.StatusCode)
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if wrong := s.wrong(response, string(body)); wrong != "" {
			return statuses, fmt.Sprintf("%d: %s: %s", response.StatusCode, wrong, body)
		}
		_ = connection.(*net.TCPConn).CloseWrite()
	}
}

// wrong says what is wrong with one answer.
func (s hostileRequest) wrong(response *http.Response, body string) string {
	status := response.StatusCode
	text := strings.HasPrefix(response.Header.Get("Content-Type"), "text/plain")
	switch {
	case status < 400:
		return ""
	case text && s.noHTTP && slices.Contains([]int{400, 431, 501, 505}, status):
		return "" // net/http's
	case s.method == http.MethodHead:
		return ""
	}
	var p problem
	if err := json.Unmarshal([]byte(body), &p); err != nil || response.Header.Get("Content-Type") != contentTypeProblem {
		return "no problem document"
	}
	hungUp := s.breaksOff && p.Type == contract.ProblemBase+tryLater.Slug // before the answer
	if status >= 500 && p.Type != contract.ProblemBase+incomplete.Slug && !hungUp {
		return "it is the bridge's fault"
	}
	if p.Status != status || p.Title == "" || p.Detail == "" || len(body) > maxProblem {
		return "not the problem that it should be"
	}
	return ""
}

// hostileRequest is what is sent, as it is.
type hostileRequest struct {
	text, method string
	// noHTTP says that it may be no HTTP at all, long that it may be answered before its end,
	// and breaksOff that it ends before its end.
	noHTTP, long, breaksOff bool
}

// hostile makes requests.
type hostile struct{ *rand.Rand }

func (h *hostile) next() hostileRequest {
	kinds := []func() hostileRequest{
		h.spoilt, h.spoilt, h.oddJSON, h.oddJSON, h.oddEnvelope, h.oddEnvelope, h.oddAttributes, h.oddAttributes, h.truncated, h.headerBomb,
		h.endless, h.wrongLength, h.oddPath, h.oddPath, h.oddMethod, h.oddVersion, h.noise,
	}
	s := kinds[h.IntN(len(kinds))]()
	s.method, _, _ = strings.Cut(s.text, " ")
	return s
}

func (h *hostile) of(texts ...string) string { return texts[h.IntN(len(texts))] }

// carts, envelopes and paths are where the requests begin.
const hostileCart = `{"cartId":"c","customerId":"k","holdFor":"10s","items":[{"productId":"p","quantity":1}]}`

func (h *hostile) envelope(data string) string {
	return `{"specversion":"1.0","id":"i","source":"/s","type":"com.acme.inventory.` + h.of("reserve", "release", "consume", "stocklevel.get", "x") + `.v1","data":` + data + `}`
}

func (h *hostile) path() string {
	return h.of("/", "/namespaces/shop", "/reservations", "/namespaces/shop/reservations", "/reservations/held/release", "/reservations/held/consume",
		"/reservations/held/extend", "/orders/o/release", "/orders/o/consume")
}

// post is a request that is as HTTP has it, with a body that is whole.
func post(path, headers, body string) hostileRequest {
	return hostileRequest{text: fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n%s", path, headers, len(body), body), long: len(body) > 64<<10}
}

func (h *hostile) contentType() string {
	return "Content-Type: " + h.of("application/json", "application/cloudevents+json", "application/cloudevents-batch+json", "text/json", "application/xml", ";;", "application/cloudevents+avro", "") + "\r\n"
}

func (h *hostile) binary() string {
	return "Content-Type: application/json\r\nce-specversion: 1.0\r\nce-id: i\r\nce-source: /s\r\nce-type: com.acme.inventory.reserve.v1\r\n"
}

// spoilt is a message of which some bytes are others, twice there, or missing.
func (h *hostile) spoilt() hostileRequest {
	body := []byte(h.of(hostileCart, h.envelope(hostileCart), "["+h.envelope(hostileCart)+","+h.envelope(`{}`)+"]"))
	for range 1 + h.IntN(6) {
		at := h.IntN(len(body))
		switch h.IntN(4) {
		case 0:
			body[at] = byte(h.IntN(256))
		case 1:
			body = slices.Insert(body, at, []byte(h.of("\x00", "\xff\xfe", "\xed\xa0\x80", `\u0000`, `\ud800`, "{", "]", `"`, "1e999", "-0", "\u202e"))...)
		case 2:
			body = slices.Insert(body, at, body[at:]...)
		default:
			if body = slices.Delete(body, at, min(len(body), at+1+h.IntN(8))); len(body) == 0 {
				body = []byte("x")
			}
		}
	}
	return post(h.path(), h.of(h.contentType(), h.binary()), string(body))
}

// value is a JSON value where another is expected.
func (h *hostile) value() string {
	depth := 1 + h.IntN(20_000)
	return h.of("null", "true", "-1", "0", "1e400", "-1e-400", strings.Repeat("9", 1+h.IntN(5000)), "1."+strings.Repeat("0", 3000)+"1", "9223372036854775808", "0.5", `""`, `"\u0000"`,
		`"`+strings.Repeat("x", h.IntN(3000))+`"`, "[]", "{}", strings.Repeat("[", depth)+strings.Repeat("]", depth), strings.Repeat(`{"a":`, depth)+"1"+strings.Repeat("}", depth),
		strings.Repeat("[", depth), `"`+strings.Repeat("\xff", 20)+`"`, "["+strings.Repeat("0,", 3000)+"0]", `{"a":1,"a":2}`)
}

// oddJSON has values of other types, numbers that nothing holds, nesting without end.
func (h *hostile) oddJSON() hostileRequest {
	item := h.of(`{"productId":`+h.value()+`,"quantity":1}`, `{"productId":"p","quantity":`+h.value()+`}`, h.value(), `{"productId":"p","productId":"q","quantity":1}`)
	many := strings.TrimSuffix(strings.Repeat(`{"productId":"p","quantity":9007199254740993},`, 1+h.IntN(3000)), ",")
	body := h.of(`{"cartId":`+h.value()+`,"items":[`+item+`]}`, `{"cartId":"c","items":`+h.value()+`}`, `{"cartId":"c","cartId":"d","items":[`+item+`]}`,
		`{"cartId":"c","holdFor":`+h.value()+`,"items":[`+item+`]}`, h.value(), `{"cartId":"c","items":[`+many+`]}`, `{"`+strings.Repeat("k", 5000)+`":1}`)
	return post(h.of("/reservations", "/reservations?dryRun=All", "/reservations/held/consume", "/reservations/held/release", "/reservations/held/extend", "/orders/o/consume"), "Content-Type: application/json\r\n", body)
}

// oddEnvelope is a CloudEvent in structured or batched mode with members of other types, twice, or beside
// each other.
func (h *hostile) oddEnvelope() hostileRequest {
	name := h.of("specversion", "id", "source", "type", "time", "datacontenttype", "dataschema", "subject", "traceparent", "Extension", "a-b", "", strings.Repeat("e", 300))
	event := h.of(
		`{"specversion":"1.0","id":"i","source":"/s","type":"com.acme.inventory.reserve.v1","`+name+`":`+h.value()+`,"data":`+hostileCart+`}`,
		`{"specversion":"1.0","id":"i","source":"/s","type":"com.acme.inventory.reserve.v1","data":{},"data_base64":"`+h.of("e30=", "!", "")+`"}`,
		`{"specversion":"1.0","id":"i","source":"`+h.of("urn:acme:inventory:idempotency-key", ":", "%zz", strings.Repeat("s", 4000))+`","type":"com.acme.inventory.reserve.v1","data":`+hostileCart+`}`,
		h.envelope(h.value()), `{"specversion":"0.3"}`, `null`, `[]`)
	if h.IntN(2) == 0 {
		return post(h.of("/", "/namespaces/shop"), "Content-Type: application/cloudevents+json\r\n", event)
	}
	events := h.of("["+event+"]", "["+strings.TrimSuffix(strings.Repeat(event+",", 1+h.IntN(120)), ",")+"]", "["+event+",", "["+h.value()+"]", "[]")
	return post(h.of("/", "/namespaces/shop"), "Content-Type: application/cloudevents-batch+json\r\n", events)
}

// oddAttributes is a CloudEvent in binary mode with attributes twice, wrong, or wrongly encoded.
func (h *hostile) oddAttributes() hostileRequest {
	odd := h.of("ce-id: j", "ce-specversion: 1.0", "ce-specversion: 9", "ce-id:", "ce-source: %ff%fe", "ce-type: %00", "ce-time: 0000-99-99T00:00:00Z", "ce-time: "+strings.Repeat("9", 2000),
		"ce-: x", "ce-data: {}", "ce-datacontenttype: text/plain", "ce-x_y: 1", `ce-subject: "`, `ce-subject: "a\`, "ce-subject: %e2%82", "ce-"+strings.Repeat("n", 500)+": v",
		"ce-dataschema: ::", "Prefer: wait=99999999999999999999, respond-async;;==", "Kn-Namespace: ../../x", "Kn-Namespace: "+strings.Repeat("n", 3000),
		"Inventory-Position: "+h.of("x", "1.2.3", strings.Repeat("9.", 900)), "Content-Encoding: gzip", "traceparent: 00-"+strings.Repeat("0", 32)+"-x", "ce-traceparent: "+strings.Repeat("f", 3000))
	return post(h.of("/", "/namespaces/shop", "/reservations"), h.binary()+odd+"\r\n", h.of(hostileCart, "", "{", "\x00"))
}

// truncated breaks off within its body.
func (h *hostile) truncated() hostileRequest {
	s := post(h.path(), h.of(h.contentType(), h.binary()), hostileCart)
	s.text, s.breaksOff = s.text[:len(s.text)-1-h.IntN(len(hostileCart))], true
	return s
}

// headerBomb has more of headers than there may be, or nearly.
func (h *hostile) headerBomb() hostileRequest {
	header := h.of("ce-"+strings.Repeat("a", 20), "X-A", "Cookie", "Prefer") + h.of("", strconv.Itoa(h.IntN(100))) + ": " + strings.Repeat(h.of("b", ",", "%41", "wait=1,"), 1+h.IntN(800)) + "\r\n"
	s := post(h.path(), h.binary()+strings.Repeat(header, 1+h.IntN(200)), hostileCart)
	s.long, s.noHTTP = true, true
	return s
}

// endless is a body in chunks that comes to no end before it is too large, or with chunks that are none.
func (h *hostile) endless() hostileRequest {
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 16<<10, strings.Repeat(h.of(" ", "[", "x"), 16<<10))
	body := h.of(strings.Repeat(chunk, 70), strings.Repeat("1\r\n \r\n", 5000)+"0\r\n\r\n", "zz\r\n", "-1\r\n", "fffffffffffffffff\r\nx", "5;"+strings.Repeat("e", 9000)+"\r\nhello\r\n0\r\n\r\n", "0\r\nTrailer: x\r\n\r\n")
	return hostileRequest{text: "POST " + h.path() + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + h.of(h.contentType(), h.binary()) + "Transfer-Encoding: chunked\r\n\r\n" + body, long: true, breaksOff: true}
}

// wrongLength says another length than that of its body, none, or several.
func (h *hostile) wrongLength() hostileRequest {
	length := h.of("Content-Length: 1", "Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: 0x10", "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 9999999",
		"Content-Length: 10\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, chunked", "X: y", "Content-Length: 1048577")
	return hostileRequest{text: "POST " + h.path() + " HTTP/1.1\r\nHost: x\r\n" + h.of(h.contentType(), h.binary()) + length + "\r\n\r\n" + hostileCart, noHTTP: true, breaksOff: true}
}

// oddPath tries what a path can hide.
func (h *hostile) oddPath() hostileRequest {
	odd := h.of("%2e%2e", "..", ".", "%2F", "%00", "%ff", "%25", "%zz", "a%2Fb", "%E2%80%AE", strings.Repeat("a", 3000), "*", "", "{namespace}", "shop%20", "%0d%0aX:%20y", "..;", "\\", "?a=b", "#")
	path := h.of("/"+odd, "/namespaces/"+odd, "/namespaces/"+odd+"/reservations", "/namespaces/shop/reservations/"+odd+"/release", "/stock/"+odd, "/reservations/"+odd, odd, "http://x/"+odd, "//"+odd, "/"+odd+"/"+odd)
	if h.IntN(2) == 0 {
		return hostileRequest{text: "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", noHTTP: true}
	}
	s := post(path, h.of(h.contentType(), h.binary()), hostileCart)
	s.noHTTP = true
	return s
}

// oddMethod is a method that nobody serves here, or that nobody knows.
func (h *hostile) oddMethod() hostileRequest {
	method := h.of("BREW", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "HEAD", "OPTIONS", "get", "PRI", "P\x00ST", "", strings.Repeat("M", 2000), "PROPFIND")
	s := post(h.of(h.path(), "/stock/p", "/healthz", "*"), h.contentType(), hostileCart)
	s.text, s.noHTTP = method+strings.TrimPrefix(s.text, "POST"), true
	return s
}

// oddVersion is another version of HTTP, or a request without a host.
func (h *hostile) oddVersion() hostileRequest {
	line := h.of("HTTP/1.0\r\n", "HTTP/1.0\r\nHost: x\r\n", "HTTP/0.9\r\n", "HTTP/2.0\r\nHost: x\r\n", "HTTP/3.7\r\nHost: x\r\n", "HTTP/1.1\r\n", "HTTP/1.1\r\nHost: a\r\nHost: b\r\n", "http/1.1\r\nHost: x\r\n", "HTTP/1.1\r\nHost: \x00\r\n", "\r\n")
	text := fmt.Sprintf("POST %s %s%sContent-Length: %d\r\nConnection: close\r\n\r\n%s", h.path(), line, h.contentType(), len(hostileCart), hostileCart)
	return hostileRequest{text: text, noHTTP: true}
}

// noise is no HTTP.
func (h *hostile) noise() hostileRequest {
	text := make([]byte, 1+h.IntN(2000))
	for i := range text {
		text[i] = byte(h.IntN(256))
	}
	return hostileRequest{text: h.of(string(text), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x02\x00\x01", "\r\n\r\n\r\n", "GET / HTTP/1.1\r\n: x\r\n\r\n", "GET / HTTP/1.1\r\nA\x00: x\r\n\r\n"), noHTTP: true, breaksOff: true}
}
