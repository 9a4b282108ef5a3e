package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/acme/inventory-service/internal/contract"
	"github.com/acme/inventory-service/internal/contract/asyncapi"
	"github.com/acme/inventory-service/internal/contract/openapi"
)

const (
	contentTypeSchema = "application/schema+json"
	// A process never changes its documents, but a roll-out may: caches ask again after this.
	documentCaching = "public, max-age=300"
)

// documents are what serves the documents of the contract. They are made once, and are public: they
// say nothing that the source does not say.
func (b *bridge) documents() (map[string]serveFunc, error) {
	openAPI, err := openapi.Document(b.IDs)
	if err != nil {
		return nil, err
	}
	asyncAPI, err := asyncapi.Document(b.IDs)
	if err != nil {
		return nil, err
	}
	schemas := contract.Schemas(b.IDs)
	list, err := json.MarshalIndent(struct {
		Schemas []contract.Published `json:"schemas"`
	}{schemas}, "", "  ")
	if err != nil {
		return nil, err
	}
	byPath := map[string]serveFunc{}
	for _, schema := range schemas {
		byPath[schema.Path] = document(contentTypeSchema, schema.Text)
	}
	return map[string]serveFunc{
		contract.RouteOpenAPI:  document("application/openapi+json", openAPI),
		contract.RouteAsyncAPI: document("application/vnd.aai.asyncapi+json;version=3.0.0", asyncAPI),
		contract.RouteSchemas:  document(contentTypeJSON, list),
		contract.RouteSchema: func(x *exchange, r *http.Request) error {
			serve := byPath[r.PathValue("version")+"/"+r.PathValue("file")]
			if serve == nil {
				return fail(notFound, "there is no schema at %s: GET /schemas lists them", clip(r.URL.EscapedPath(), 200))
			}
			return serve(x, r)
		},
	}, nil
}

// document serves one document, to caches and pages of other origins, too.
func document(contentType string, text []byte) serveFunc {
	tag := tagOf(text)
	return func(x *exchange, r *http.Request) error {
		header := x.Header()
		header.Set("ETag", tag)
		header.Set(headerCaching, documentCaching)
		header.Set("Access-Control-Allow-Origin", "*")
		if names(r.Header, tag) {
			x.WriteHeader(http.StatusNotModified)
			return nil
		}
		writeBody(x, http.StatusOK, contentType, text)
		return nil
	}
}

// tagOf is the entity tag of a document.
func tagOf(text []byte) string {
	digest := sha256.Sum256(text)
	return `"` + hex.EncodeToString(digest[:16]) + `"`
}

// names tells whether If-None-Match names a document. A cache may have made its tag a weak one.
func names(header http.Header, tag string) bool {
	for known := range strings.SplitSeq(strings.Join(header.Values("If-None-Match"), ","), ",") {
		if known = strings.TrimPrefix(strings.TrimSpace(known), "W/"); known == tag || known == "*" {
			return true
		}
	}
	return false
}
