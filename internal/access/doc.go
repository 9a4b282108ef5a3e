// Package access tells who asks and what they may do, by what the Kubernetes API server says.
//
// A bearer token is reviewed by a TokenReview for the audiences of this service: a token that
// was made for somebody else, such as the API server itself, is worth nothing here. What a
// caller may do is reviewed by a SubjectAccessReview, so that Roles and RoleBindings decide it.
//
// Answers are remembered for CacheTTL by the caches of k8s.io/apiserver, and requests that ask
// the same at the same time share one review. A review that cannot be made is an error, never
// an answer: callers owe it to refuse with "try again later" then, and to let nobody through.
//
// It knows no HTTP, and neither logs nor returns a token.
package access
