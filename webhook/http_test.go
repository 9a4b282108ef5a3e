package webhook

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
)

func TestPlainRefusals(t *testing.T) {
	post := func(body string, headers ...string) *http.Request {
		return request(t, http.MethodPost, "/reservations", body, headers...)
	}
	bare := func(method, path string) *http.Request { return request(t, method, path, "") }
	huge := `{"cartId":"` + strings.Repeat("x", maxBody) + `"}`
	unannounced := post(huge)
	unannounced.ContentLength = -1
	cases := map[string]struct {
		request *http.Request
		status  int
		kind    *kind
		field   string
	}{
		"broken JSON":            {post(`{"cartId":`), 400, invalid, ""},
		"no body":                {post(``), 400, invalid, ""},
		"wrong type":             {post(`{"cartId":"c","items":[{"productId":"p","quantity":"1"}]}`), 400, invalid, "items[0].quantity"},
		"position unreadable":    {post(tinyCart, "Inventory-Position", "here"), 400, invalid, ""},
		"query at no position":   {request(t, "GET", "/stock/p", "", "Inventory-Position", "a.b.c"), 400, invalid, ""},
		"two positions":          {request(t, "GET", "/stock/p", "", "Inventory-Position", "a.1.1", "Inventory-Position", "a.1.1"), 400, invalid, ""},
		"form":                   {post(tinyCart, "Content-Type", "application/x-www-form-urlencoded"), 415, unsupportedMedia, ""},
		"compressed":             {post(tinyCart, "Content-Encoding", "gzip"), 415, unsupportedMedia, ""},
		"compressed twice":       {post(tinyCart, "Content-Encoding", "identity", "Content-Encoding", "br"), 415, unsupportedMedia, ""},
		"misspelt part":          {request(t, "POST", "/reservations/r/consume", `{"Items":[{"productId":"p","quantity":1}]}`), 400, invalid, "Items"},
		"path of two slashes":    {bare("GET", "//"), 404, notFound, ""},
		"empty segment":          {bare("GET", "/stock//p"), 404, notFound, ""},
		"dots":                   {bare("GET", "/stock/../stock/p"), 404, notFound, ""},
		"too large":              {post(huge), 413, tooLarge, ""},
		"too large, unannounced": {unannounced, 413, tooLarge, ""},
		"key too long":           {post(tinyCart, "Idempotency-Key", strings.Repeat("k", 257)), 400, invalid, ""},
		"key empty":              {post(tinyCart, "Idempotency-Key", ""), 400, invalid, ""},
		"key not printable":      {post(tinyCart, "Idempotency-Key", "é"), 400, invalid, ""},
		"two keys":               {post(tinyCart, "Idempotency-Key", "a", "Idempotency-Key", "b"), 400, invalid, ""},
		"release of another":     {request(t, "POST", "/reservations/r/release", `{"reservationId":"s"}`), 400, invalid, "reservationId"},
		"release for no reason":  {request(t, "POST", "/reservations/r/release", `{"reason":"x"}`), 400, invalid, "reason"},
		"consume of another":     {request(t, "POST", "/reservations/r/consume", `{"reservationId":"s"}`), 400, invalid, "reservationId"},
		"consume of nothing":     {request(t, "POST", "/reservations/r/consume", `{"items":[]}`), 400, invalid, "items"},
		"consume as a form":      {request(t, "POST", "/reservations/r/consume", "items=", "Content-Type", "application/x-www-form-urlencoded"), 415, unsupportedMedia, ""},
		"consume of none":        {request(t, "POST", "/reservations/R/consume", ""), 404, notFound, ""},
		"name that none has":     {bare("GET", "/reservations/A%20b"), 404, notFound, ""},
		"product that none is":   {bare("GET", "/stock/%20"), 400, invalid, "productId"},
		"product too long":       {bare("GET", "/stock/"+strings.Repeat("x", 129)), 400, invalid, "productId"},
		"product unknown":        {bare("GET", "/stock/q"), 404, notFound, ""},
		"path unknown":           {bare("GET", "/carts"), 404, notFound, ""},
		"path below":             {bare("GET", "/stock/a/b"), 404, notFound, ""},
		"method at root":         {bare("GET", "/"), 405, methodNotAllowed, ""},
		"method at namespace":    {bare("PUT", "/namespaces/shop"), 405, methodNotAllowed, ""},
		"method of reservations": {bare("PUT", "/reservations"), 405, methodNotAllowed, ""},
		"method of reservation":  {bare("DELETE", "/reservations/r"), 405, methodNotAllowed, ""},
		"method of release":      {bare("GET", "/reservations/r/release"), 405, methodNotAllowed, ""},
		"method of consume":      {bare("GET", "/reservations/r/consume"), 405, methodNotAllowed, ""},
		"method of stock":        {bare("POST", "/stock/p"), 405, methodNotAllowed, ""},
		"method of readyz":       {bare("POST", "/readyz"), 405, methodNotAllowed, ""},
	}
	bridge := newBridge(t, offline(t))
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := ask(t, bridge, tc.request)
			got.t = t
			p := got.wantProblem(tc.status, tc.kind)
			if p.Field != tc.field || (tc.field != "" && p.Errors[0].Field != tc.field) {
				t.Errorf("names field %q, want %q", p.Field, tc.field)
			}
			if allow := got.header.Get("Allow"); (allow != "") != (tc.kind == methodNotAllowed) {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
}

func TestStockLevel(t *testing.T) {
	bridge := newBridge(t, offline(t))
	for path, want := range map[string]string{
		"/stock/p":                        `{"productId":"p","available":3,"reserved":2}`,
		"/namespaces/shop/stock/p":        `{"productId":"p","available":3,"reserved":2}`,
		"/stock/a%2Fb%20%25":              `{"productId":"a/b %","available":1,"reserved":0}`,
		"/namespaces/x/stock/a%2fb%20%25": `{"productId":"a/b %","available":1,"reserved":0}`,
	} {
		got := ask(t, bridge, request(t, http.MethodGet, path, "")).wantStatus(http.StatusOK)
		if diff := cmp.Diff(want, got.body); diff != "" {
			t.Error(path, diff)
		}
	}
	ids := map[string]bool{}
	for _, mode := range []string{modeBinary, modeStructured} {
		query := commandEvent(events.TypeStockLevelGet, mode, `{"productId":"p"}`)
		reply := ask(t, bridge, eventRequest(t, mode, "/namespaces/shop", query)).event()
		if reply.Type() != events.TypeStockLevel || reply.Source() != events.StockSource("shop") || reply.Subject() != "p" {
			t.Errorf("%s", reply)
		}
		if diff := cmp.Diff(`{"productId":"p","available":3,"reserved":2}`, string(reply.Data())); diff != "" {
			t.Error(diff)
		}
		ids[reply.ID()] = true
	}
	if len(ids) != 2 {
		t.Errorf("ids %v of two queries", ids)
	}
}

// No cache on the way keeps what changes, or why there is no answer: it would tell it to those who
// ask later. What has a tag is kept by a caller's own cache, which has to ask whether it still holds.
func TestNothingIsStored(t *testing.T) {
	const never, own, shared = "no-store", "private, no-cache", documentCaching
	bridge := newBridge(t, offline(t))
	tag := ask(t, bridge, request(t, http.MethodGet, "/reservations/held", "")).wantStatus(http.StatusOK).header.Get("ETag")
	query := commandEvent(events.TypeStockLevelGet, "q", `{"productId":"p"}`)
	for _, tc := range []struct {
		asked *http.Request
		want  string
	}{
		{request(t, http.MethodGet, "/stock/p", ""), never},
		{request(t, http.MethodHead, "/stock/p", ""), never},
		{request(t, http.MethodGet, "/stock/unheard", ""), never},
		{request(t, http.MethodGet, "/stock?productId=p", ""), never},
		{request(t, http.MethodGet, "/stock", ""), never},
		{request(t, http.MethodGet, "/reservations/unheard", ""), never},
		{request(t, http.MethodGet, "/reservations/held", ""), own},
		{request(t, http.MethodGet, "/reservations/held", "", "If-None-Match", tag), own},
		{request(t, http.MethodGet, "/reservations?cartId=c", ""), own},
		{request(t, http.MethodPost, "/reservations", pCart), never},
		{request(t, http.MethodPost, "/reservations", pCart, "Prefer", "respond-async"), never},
		{request(t, http.MethodPost, "/reservations", bigCart), never},
		{request(t, http.MethodPost, "/reservations?dryRun=All", pCart), never},
		{eventRequest(t, modeBinary, "/", query), never},
		{eventRequest(t, modeStructured, "/", query), never},
		{postedBatch(t, "/", query), never},
		{request(t, http.MethodGet, "/nothing/here", ""), never},
		{request(t, http.MethodPut, "/stock/p", ""), never},
		{request(t, http.MethodGet, "/readyz", ""), never},
		{request(t, http.MethodGet, "/schemas/v1/nothing.json", ""), never},
		{request(t, http.MethodGet, "/schemas", ""), shared},
	} {
		got := ask(t, bridge, tc.asked)
		if told := got.header.Values("Cache-Control"); !slices.Equal(told, []string{tc.want}) {
			t.Errorf("%s %s: %d is told %q, want %q", tc.asked.Method, tc.asked.URL, got.status, told, tc.want)
		}
	}
}
