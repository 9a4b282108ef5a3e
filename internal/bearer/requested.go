package bearer

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
)

const (
	// lifetime is how long a token is asked for to be valid. The API server may give it less.
	lifetime = time.Hour
	// requestTimeout bounds asking for one, and requestAgain is when it is asked for again
	// where that failed and the last one is still valid.
	requestTimeout = 5 * time.Second
	requestAgain   = 10 * time.Second
	// margin is how long before its end a token is used no more.
	margin = 10 * time.Second
)

// Requested asks the API server for tokens of the ServiceAccount that this process runs as,
// each for one audience, and renews them when four fifths of their life are over. Make it with
// NewRequested.
type Requested struct {
	audience string
	accounts coreclient.ServiceAccountsGetter
	reviews  authenticationclient.SelfSubjectReviewsGetter
	clock    clock.PassiveClock

	mu               sync.Mutex
	namespace, name  string
	token            string
	renewAt, expires time.Time
}

// NewRequested returns a source of tokens for an audience. Nothing is asked yet.
func NewRequested(config *rest.Config, audience string, clock clock.PassiveClock) (*Requested, error) {
	core, err := coreclient.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	authentication, err := authenticationclient.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Requested{audience: audience, accounts: core, reviews: authentication, clock: clock}, nil
}

// Token returns a valid token.
func (r *Requested) Token(ctx context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	if r.token != "" && now.Before(r.renewAt) {
		return r.token, nil
	}
	err := r.renew(ctx, now)
	switch {
	case err == nil:
		return r.token, nil
	case r.token != "" && now.Before(r.expires.Add(-margin)):
		r.renewAt = now.Add(requestAgain)
		logf.FromContext(ctx).Info("the token for the sink is not renewed yet", "audience", r.audience, "expires", r.expires, "error", err.Error())
		return r.token, nil
	default:
		return "", fmt.Errorf("get a token for audience %q: %w", r.audience, err)
	}
}

// Refused has another one asked for, unless that has happened since.
func (r *Requested) Refused(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.token == token {
		r.token = ""
	}
}

func (r *Requested) renew(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := r.identify(ctx); err != nil {
		return err
	}
	seconds := int64(lifetime / time.Second)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{r.audience}, ExpirationSeconds: &seconds}}
	answer, err := r.accounts.ServiceAccounts(r.namespace).CreateToken(ctx, r.name, request, metav1.CreateOptions{})
	switch {
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%w: let ServiceAccount %s/%s create serviceaccounts/token of itself, as config/rbac does", err, r.namespace, r.name)
	case err != nil:
		return err
	}
	r.token, r.expires = answer.Status.Token, answer.Status.ExpirationTimestamp.Time
	r.renewAt = now.Add(r.expires.Sub(now) * 4 / 5)
	return nil
}

// identify finds out which ServiceAccount this process runs as.
func (r *Requested) identify(ctx context.Context) error {
	if r.name != "" {
		return nil
	}
	review, err := r.reviews.SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("ask who this process is: %w", err)
	}
	const prefix = "system:serviceaccount:"
	user := review.Status.UserInfo.Username
	namespace, name, ok := strings.Cut(strings.TrimPrefix(user, prefix), ":")
	if !ok || !strings.HasPrefix(user, prefix) {
		return fmt.Errorf("this process runs as %q, which is no ServiceAccount: run it as one, or give --sink-token-file", user)
	}
	r.namespace, r.name = namespace, name
	return nil
}
