package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/singleflight"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/token/cache"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
)

const (
	// CacheTTL is how long answers are remembered: a token or a right that is taken away, or
	// given, counts at most this much later.
	CacheTTL = 10 * time.Second
	// reviewTimeout bounds one review, its retries included.
	reviewTimeout = 10 * time.Second
	// pauseAfterFailure is how long the next review of the same waits for one that could not be
	// made: an API server that is away is not asked once for every request.
	pauseAfterFailure = 200 * time.Millisecond
)

// retries are those of the API server's own delegation: what broke off, or was answered 429 or
// 500, is asked again.
func retries() wait.Backoff {
	return wait.Backoff{Duration: 100 * time.Millisecond, Factor: 1.5, Jitter: 0.2, Steps: 5}
}

// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create

// Control reviews callers. It is safe for concurrent use.
type Control struct {
	tokens     authenticator.Token
	authorizer authorizer.Authorizer
	shared     singleflight.Group
}

// New makes a Control that asks the API server of a configuration. Tokens have to be made for
// one of the audiences, of which there must be one.
func New(config *rest.Config, audiences ...string) (*Control, error) {
	if len(audiences) == 0 || slices.Contains(audiences, "") {
		return nil, errors.New("tokens need an audience, and no empty one")
	}
	config = rest.CopyConfig(config)
	config.QPS = -1 // the API server's priority and fairness is limit enough
	authentication, err := authenticationclient.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make the client for TokenReviews: %w", err)
	}
	authorization, err := authorizationclient.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make the client for SubjectAccessReviews: %w", err)
	}
	backoff := retries()
	rights, err := authorizerfactory.DelegatingAuthorizerConfig{
		SubjectAccessReviewClient: authorization, AllowCacheTTL: CacheTTL, DenyCacheTTL: CacheTTL, WebhookRetryBackoff: &backoff,
	}.New()
	if err != nil {
		return nil, fmt.Errorf("make the authorizer: %w", err)
	}
	reviewed := &reviewer{reviews: authentication.TokenReviews(), audiences: audiences}
	return &Control{tokens: cache.New(reviewed, false, CacheTTL, CacheTTL), authorizer: rights}, nil
}

// Authenticate returns whose token it is, nil where the API server says that it is nobody's:
// made up, expired, revoked or made for another audience. It fails where that cannot be told.
func (c *Control) Authenticate(ctx context.Context, token string) (user.Info, error) {
	response, known, err := c.tokens.AuthenticateToken(ctx, token)
	if err != nil || !known {
		return nil, err
	}
	return response.User, nil
}

// Right is something that can be done with a kind of objects in a namespace, in the words of
// Roles.
type Right struct {
	Verb      string
	Resource  schema.GroupVersionResource
	Namespace string
}

// Allowed tells whether somebody has a right. It fails where that cannot be told.
func (c *Control) Allowed(ctx context.Context, who user.Info, what Right) (bool, error) {
	key, err := json.Marshal([]any{who.GetName(), who.GetUID(), who.GetGroups(), who.GetExtra(), what})
	if err != nil {
		return false, fmt.Errorf("name the review: %w", err)
	}
	attributes := authorizer.AttributesRecord{
		User: who, Verb: what.Verb, Namespace: what.Namespace, ResourceRequest: true,
		APIGroup: what.Resource.Group, APIVersion: what.Resource.Version, Resource: what.Resource.Resource,
	}
	review := c.shared.DoChan(string(key), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.Background(), reviewTimeout) // it is shared
		defer cancel()
		decision, _, err := c.authorizer.Authorize(ctx, attributes)
		if err != nil {
			time.Sleep(pauseAfterFailure)
			return false, fmt.Errorf("review access: %w", err)
		}
		return decision == authorizer.DecisionAllow, nil
	})
	select {
	case answer := <-review:
		return answer.Err == nil && answer.Val == true, answer.Err
	case <-ctx.Done():
		return false, fmt.Errorf("review access: %w", context.Cause(ctx))
	}
}
