package webhook

import (
	"net/http"
	"strings"
)

// eventPaths says where CloudEvents are served.
const eventPaths = "CloudEvents are served at / and /namespaces/{namespace}"

// plainOnly refuses CloudEvents at a path of plain HTTP: their ids are not looked at there, so
// that a broker which repeats a command would have it carried out twice.
func plainOnly(serve serveFunc) serveFunc {
	return func(x *exchange, r *http.Request) error {
		if x.byEvent() {
			return fail(unsupportedMedia, "CloudEvents are served at %s, and plain JSON alone at %s: send events there", eventPathOf(r), clip(r.URL.EscapedPath(), 200))
		}
		return serve(x, r)
	}
}

// eventPathOf is where CloudEvents are served for the namespace that a request's path names.
func eventPathOf(r *http.Request) string {
	if namespace := r.PathValue("namespace"); namespace != "" {
		return "/namespaces/" + clip(namespace, 63)
	}
	return "/"
}

// stray answers at paths where nothing is.
func stray(x *exchange, r *http.Request) error {
	if x.byEvent() {
		return fail(notFound, "%s, and nothing is at %s", eventPaths, clip(r.URL.EscapedPath(), 200))
	}
	return fail(notFound, "there is nothing at %s", clip(r.URL.EscapedPath(), 200))
}

// exactly serves paths as they are. http.ServeMux redirects those with empty segments and
// dots to what it takes them for, and a broker follows that with another message; it answers *
// without a problem document.
type exactly struct{ mux, stray http.Handler }

// ServeHTTP serves a request.
func (e *exactly) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	dotted := strings.Contains(path+"/", "/./") || strings.Contains(path+"/", "/../")
	if dotted || strings.Contains(path, "//") || !strings.HasPrefix(path, "/") {
		e.stray.ServeHTTP(w, r)
		return
	}
	e.mux.ServeHTTP(w, r)
}
