package contract

import (
	"net/http"
	"slices"
	"strings"
)

// Route is one method of one path of the bridge.
type Route struct {
	// ID tells the route from all others.
	ID string
	// Operation is what is asked for, as far as the address tells it.
	Operation    string
	Method, Path string
	Summary      string
	// Namespaced says that the path exists below NamespacePrefix, too. Without it, the namespace is
	// the default one.
	Namespaced bool
	// Public says that nobody is asked who they are.
	Public bool
	// Query and Headers are what a request may say beside its body.
	Query, Headers []Parameter
	// Body is what a request has, the zero value where it has none. It may be left out where
	// OptionalBody is set.
	Body         Body
	OptionalBody bool
	// Answers are those of requests that are served, and Failures the kinds of all others.
	Answers  []Reply
	Failures []*Failure
}

// NamespacePrefix names the namespace of a path.
const NamespacePrefix = "/namespaces/{namespace}"

// Parameter is one of the query or one header.
type Parameter struct {
	Name, Summary string
	Required      bool
	// Many says that it may be given several times.
	Many bool
	// Values are those that it has, none where any text does. Format is its format in JSON Schema.
	Values []string
	Format string
	// Example is a value.
	Example string
}

// Reply is an answer of a request that is served.
type Reply struct {
	Status int
	Body   Body
	When   string
}

// ByEvent tells whether the route takes CloudEvents: it answers failures as those need.
func (r Route) ByEvent() bool {
	return strings.HasSuffix(r.Path, "/{$}") && r.Method == http.MethodPost
}

// Tagged tells whether answers have an ETag, which a request may send back.
func (r Route) Tagged() bool {
	return slices.ContainsFunc(r.Headers, func(h Parameter) bool { return h.Name == "If-None-Match" })
}

// Paths are where the route is.
func (r Route) Paths() []string {
	if !r.Namespaced {
		return []string{r.Path}
	}
	return []string{r.Path, NamespacePrefix + r.Path}
}

// Statuses are all that the route answers, in order, each once. Of HEAD they are those of GET.
func (r Route) Statuses() []int {
	var all []int
	for _, a := range r.Answers {
		all = append(all, a.Status)
	}
	for _, f := range r.Failures {
		all = append(all, f.Status(r.ByEvent()))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// FailuresOf are the route's failures that have a status.
func (r Route) FailuresOf(status int) (all []*Failure) {
	for _, f := range r.Failures {
		if f.Status(r.ByEvent()) == status {
			all = append(all, f)
		}
	}
	return all
}

// RouteOf is the route of an ID.
func RouteOf(id string) (Route, bool) {
	for _, r := range Routes() {
		if r.ID == id {
			return r, true
		}
	}
	return Route{}, false
}
