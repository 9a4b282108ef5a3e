package api

import (
	"context"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	v1 "github.com/acme/inventory-service/api/v1"
)

// access is one thing a user may or may not do in a namespace.
type access struct{ verb, group, resource, subresource string }

// bindUser gives a new user a ClusterRole within a namespace. may has some verbs that the
// role allows, by resource: once one of them is, the grant counts.
func bindUser(t *testing.T, namespace, role string, may map[string][]string) string {
	t.Helper()
	user := role + "-of-" + namespace
	_, err := core.RbacV1().RoleBindings(namespace).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for resource, verbs := range may {
		awaitAllowed(t, namespace, user, access{verb: verbs[0], group: v1.GroupVersion.Group, resource: resource})
	}
	return user
}

// awaitAllowed waits until the API server's authorizer has taken up a grant: it
// learns of new ones by a watch.
func awaitAllowed(t *testing.T, namespace, user string, what access) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 30*time.Second, true, func(context.Context) (bool, error) {
		return isAllowed(t, namespace, user, what), nil
	})
	if err != nil {
		t.Fatalf("%s may not do %+v in %s: %v", user, what, namespace, err)
	}
}

// isAllowed asks the API server whether the user may do that.
func isAllowed(t *testing.T, namespace, user string, what access) bool {
	t.Helper()
	answer, err := core.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{User: user, ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: what.verb, Group: what.group, Resource: what.resource, Subresource: what.subresource,
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return answer.Status.Allowed
}

// actAs is a client whose requests come from that user.
func actAs(t *testing.T, user string) dynamic.Interface {
	t.Helper()
	config := rest.CopyConfig(admin)
	config.Impersonate = rest.ImpersonationConfig{UserName: user}
	c, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
