package access

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/util/webhook"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	"k8s.io/klog/v2"
)

// reviewer has tokens reviewed. It stands in for the review of k8s.io/apiserver's delegating
// authenticator, which tells a token that the API server refuses and a review that could not be
// made by errors of one kind: 401 and 503 could not be told apart, and refusals not remembered.
type reviewer struct {
	reviews   authenticationclient.TokenReviewInterface
	audiences authenticator.Audiences
}

// AuthenticateToken implements authenticator.Token. It fails only where there was no answer.
func (r *reviewer) AuthenticateToken(ctx context.Context, token string) (*authenticator.Response, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, reviewTimeout)
	defer cancel()
	ctx = klog.NewContext(ctx, logr.Discard()) // client-go logs bodies where the log is detailed, and this one has the token
	var answer *authenticationv1.TokenReview
	err := webhook.WithExponentialBackoff(ctx, retries(), func() (err error) {
		answer, err = r.reviews.Create(ctx, &authenticationv1.TokenReview{
			Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: r.audiences},
		}, metav1.CreateOptions{})
		return err
	}, webhook.DefaultShouldRetry)
	if err != nil {
		time.Sleep(pauseAfterFailure)
		return nil, false, fmt.Errorf("review a token: %w", err)
	}
	// An API server that knows no audiences names none. Then nobody has said that the token is
	// meant for this service.
	audiences := r.audiences.Intersect(answer.Status.Audiences)
	if !answer.Status.Authenticated || len(audiences) == 0 {
		return nil, false, nil
	}
	return &authenticator.Response{User: userOf(answer.Status.User), Audiences: audiences}, true, nil
}

func userOf(info authenticationv1.UserInfo) user.Info {
	extra := make(map[string][]string, len(info.Extra))
	for name, values := range info.Extra {
		extra[name] = values
	}
	return &user.DefaultInfo{Name: info.Username, UID: info.UID, Groups: info.Groups, Extra: extra}
}
