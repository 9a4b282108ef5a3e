package webhook

import (
	"context"
	"net/http"

	"k8s.io/apiserver/pkg/authentication/user"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/access"
	"github.com/acme/inventory-service/internal/contract"
	"github.com/acme/inventory-service/internal/stock"
)

// Access tells who asks and what they may do. What it cannot tell is an error, and is answered
// 503: nobody is let through, and nobody is turned away for good.
type Access interface {
	// Authenticate returns whose token it is, nil where it is nobody's.
	Authenticate(ctx context.Context, token string) (user.Info, error)
	// Allowed tells whether somebody has a right.
	Allowed(ctx context.Context, who user.Info, what access.Right) (bool, error)
}

var _ Access = (*access.Control)(nil)

// authenticated tells who the caller is by the bearer token, before it reads the body, and refuses
// everybody else. Without Access it serves everybody.
func (b *bridge) authenticated(serve serveFunc) serveFunc {
	if b.Access == nil {
		return serve
	}
	return func(x *exchange, r *http.Request) error {
		token, err := bearerToken(r.Header)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(r.Context(), x.bounded(b.Wait))
		defer cancel()
		if x.caller, err = b.Access.Authenticate(ctx, token); err != nil {
			return orElse(err, "who the caller is cannot be asked of the Kubernetes API server now: repeat the request unchanged")
		}
		if x.caller == nil {
			return challenge("invalid_token", "the token is none of this cluster's, has expired, or was made for another audience: "+
				"get a new one for the audience of this service")
		}
		if len(x.caller.GetName()) > stock.MaxActor {
			return fail(forbidden, "the caller's name has more than the %d bytes that the journal keeps of one: use an account with a shorter one", stock.MaxActor)
		}
		if err := b.countCaller(x, "user "+x.caller.GetName()); err != nil {
			return err
		}
		return serve(x, r)
	}
}

// allowed refuses what the caller may not do in a namespace.
func (b *bridge) allowed(ctx context.Context, x *exchange, namespace string) error {
	if b.Access == nil {
		return nil
	}
	needed, known := contract.RightOf(x.operation)
	if !known {
		return fail(internal, "nobody has said who may do the operation %s", x.operation)
	}
	right := access.Right{Verb: needed.Verb, Resource: v1.GroupVersion.WithResource(needed.Resource), Namespace: namespace}
	allowed, err := b.Access.Allowed(ctx, x.caller, right)
	if err != nil {
		return orElse(err, "what the caller may do cannot be asked of the Kubernetes API server now: repeat the request unchanged")
	}
	if allowed {
		return nil
	}
	b.log.V(1).Info("A request was refused", "user", x.caller.GetName(), "verb", right.Verb, "resource", right.Resource.Resource, "namespace", namespace)
	f := fail(forbidden, "user %q may not %s %s in namespace %s: bind a role that allows it there, such as the ClusterRole inventory-client",
		clip(x.caller.GetName(), 100), right.Verb, right.Resource.GroupResource(), namespace)
	f.challenge = realm + `, error="insufficient_scope"`
	return f
}

// actor is who asks, for the journal; empty where nobody is asked who they are.
func (x *exchange) actor() stock.ID {
	if x.caller == nil {
		return ""
	}
	return stock.ID(x.caller.GetName())
}
