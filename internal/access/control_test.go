package access_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/access"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

const audience = "inventory-bridge"

var manifests = []string{"../../config/crd", "../../config/default/namespace.yaml", "../../config/rbac"}

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, manifests...)) }

// reviews is a Control that counts what it asks of the API server.
type reviews struct {
	*access.Control
	made atomic.Int64
}

func newReviews(t *testing.T, config *rest.Config) *reviews {
	t.Helper()
	r := &reviews{}
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(request *http.Request) (*http.Response, error) {
			r.made.Add(1)
			return next.RoundTrip(request)
		})
	})
	var err error
	if r.Control, err = access.New(config, audience); err != nil {
		t.Fatal(err)
	}
	return r
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func right(verb, namespace string) access.Right {
	return access.Right{Verb: verb, Resource: v1.GroupVersion.WithResource("reservations"), Namespace: namespace}
}

func TestAudiences(t *testing.T) {
	for _, none := range [][]string{nil, {""}, {"a", ""}} {
		if _, err := access.New(&rest.Config{}, none...); err == nil {
			t.Errorf("audiences %q are taken", none)
		}
	}
}

// Who has a token for this service is known by name, and everybody else by none. What was asked
// before is not asked again.
func TestAuthenticate(t *testing.T) {
	cp := controlplanetest.Shared(t)
	account := controlplanetest.NewAccount(t, cp, controlplanetest.Namespace(t, cp), "checkout")
	valid := account.Token(audience)
	r := newReviews(t, cp.RESTConfig())
	for range 3 {
		who, err := r.Authenticate(t.Context(), valid)
		if err != nil || who == nil || who.GetName() != account.User() {
			t.Fatalf("%v, %v", who, err)
		}
	}
	if made := r.made.Load(); made != 1 {
		t.Errorf("%d reviews of one token", made)
	}
	if who, err := r.Authenticate(t.Context(), account.Token("others", audience)); err != nil || who == nil {
		t.Errorf("a token for others too: %v, %v", who, err)
	}
	if who, err := r.Authenticate(t.Context(), account.TokenUntil(time.Now().Add(time.Hour), audience)); err != nil || who == nil {
		t.Errorf("a token that expires later: %v, %v", who, err)
	}
	deleted := controlplanetest.NewAccount(t, cp, account.Namespace, "deleted")
	revoked := deleted.Token(audience)
	deleted.Delete()
	until(t, func() bool { // the API server looks at accounts in a cache of its own
		who, err := newReviews(t, cp.RESTConfig()).Authenticate(t.Context(), revoked)
		return err == nil && who == nil
	})
	for name, token := range map[string]string{
		"made up": "a.b.c", "no JWT": "token", "expired": account.TokenUntil(time.Now().Add(-time.Hour), audience), "of the API server": account.Token(), "for another audience": account.Token("others"),
		"of a user of the API server": cp.RESTConfig().BearerToken, "of an account that is gone": revoked,
		"cut short": valid[:len(valid)-2],
	} {
		before := r.made.Load()
		for range 2 {
			if who, err := r.Authenticate(t.Context(), token); err != nil || who != nil {
				t.Errorf("%s: %v, %v", name, who, err)
			}
		}
		if made := r.made.Load() - before; made != 1 {
			t.Errorf("%s: %d reviews", name, made)
		}
	}
}

// Those who ask at the same time share a review, of a token and of a right.
func TestReviewsAreShared(t *testing.T) {
	cp := controlplanetest.Shared(t)
	account := controlplanetest.NewAccount(t, cp, controlplanetest.Namespace(t, cp), "checkout")
	account.Bind(account.Namespace, "inventory-client")
	token := account.Token(audience)
	r := newReviews(t, cp.RESTConfig())
	var asking sync.WaitGroup
	for range 100 {
		asking.Go(func() {
			who, err := r.Authenticate(t.Context(), token)
			if err != nil || who == nil {
				t.Errorf("%v, %v", who, err)
				return
			}
			if allowed, err := r.Allowed(t.Context(), who, right("create", account.Namespace)); err != nil || !allowed {
				t.Errorf("%t, %v", allowed, err)
			}
		})
	}
	asking.Wait()
	if made := r.made.Load(); made > 4 {
		t.Errorf("%d reviews of one token and one right", made)
	}
}

// A right, a token or an account that is taken away counts no more once the caches have
// forgotten, and not much later.
func TestRevoked(t *testing.T) {
	cp := controlplanetest.Shared(t)
	namespace := controlplanetest.Namespace(t, cp)
	account := controlplanetest.NewAccount(t, cp, namespace, "checkout")
	gone := controlplanetest.NewAccount(t, cp, namespace, "gone")
	account.Bind(namespace, "inventory-client")
	r := newReviews(t, cp.RESTConfig())
	token, ofGone := account.Token(audience), gone.Token(audience)
	who, err := r.Authenticate(t.Context(), token)
	if err != nil || who == nil {
		t.Fatal(who, err)
	}
	if allowed, err := r.Allowed(t.Context(), who, right("create", namespace)); err != nil || !allowed {
		t.Fatal(allowed, err)
	}
	if who, err := r.Authenticate(t.Context(), ofGone); err != nil || who == nil {
		t.Fatal(who, err)
	}
	account.Unbind(namespace, "inventory-client")
	gone.Delete()
	ask := func(r *reviews) (known, allowed bool) {
		t.Helper()
		deleted, err := r.Authenticate(t.Context(), ofGone)
		allowed, askError := r.Allowed(t.Context(), who, right("create", namespace))
		if err := errors.Join(err, askError); err != nil {
			t.Fatal(err)
		}
		return deleted != nil, allowed
	}
	until(t, func() bool { // the API server remembers what it has said, too
		known, allowed := ask(newReviews(t, cp.RESTConfig()))
		return !known && !allowed
	})
	deadline := time.Now().Add(access.CacheTTL + 2*time.Second)
	until(t, func() bool {
		late := time.Now().After(deadline) // before it is asked, however long the machine was away since
		known, allowed := ask(r)
		if late && (known || allowed) {
			t.Fatalf("after %s it is allowed: %t, and known: %t", access.CacheTTL, allowed, known)
		}
		return !known && !allowed
	})
}

// until waits for what has to come.
func until(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never comes")
		}
	}
}

// An API server that is away, or hangs, is no answer: it is an error, in time, that says
// nothing of the token. What was answered before is still known.
func TestOutage(t *testing.T) {
	cp := controlplanetest.Start(t, controlplane.Options{UnsafeNoFsync: true}, manifests...)
	account := controlplanetest.NewAccount(t, cp, controlplanetest.Namespace(t, cp), "checkout")
	account.Bind(account.Namespace, "inventory-client")
	known, unknown := account.Token(audience), account.Token(audience, "another token")
	for name, outage := range map[string]struct{ begin, end func() error }{
		"killed": {cp.KillAPIServer, func() error { return cp.StartAPIServer(t.Context()) }},
		"hangs":  {cp.PauseAPIServer, cp.ResumeAPIServer},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReviews(t, cp.RESTConfig())
			who, err := r.Authenticate(t.Context(), known)
			if err != nil || who == nil {
				t.Fatal(who, err)
			}
			if allowed, err := r.Allowed(t.Context(), who, right("create", account.Namespace)); err != nil || !allowed {
				t.Fatal(allowed, err)
			}
			if err := outage.begin(); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			begin := time.Now()
			if who, err := r.Authenticate(ctx, unknown); err == nil || who != nil || strings.Contains(err.Error(), unknown) {
				t.Errorf("%v, %v", who, err)
			}
			if allowed, err := r.Allowed(ctx, who, right("update", account.Namespace)); err == nil || allowed {
				t.Errorf("%t, %v", allowed, err)
			}
			if who, err := r.Authenticate(ctx, known); err != nil || who == nil {
				t.Errorf("what is known: %v, %v", who, err)
			}
			if passed := time.Since(begin); passed > 8*time.Second { // a review alone may take longer
				t.Errorf("it took %s", passed)
			}
			if allowed, err := r.Allowed(t.Context(), who, right("create", account.Namespace)); err != nil || !allowed {
				t.Errorf("what is known: %t, %v", allowed, err)
			}
			if err := outage.end(); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
				if who, err := r.Authenticate(t.Context(), unknown); err == nil && who != nil {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("it never knows again who asks")
				}
			}
		})
	}
}

// An API server that knows no audiences says of none that the token was made for it: such a
// token counts for nothing.
func TestNoAudience(t *testing.T) {
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","status":{"authenticated":true,"user":{"username":"jo"}}}`))
	}))
	defer old.Close()
	r := newReviews(t, &rest.Config{Host: old.URL})
	if who, err := r.Authenticate(t.Context(), "token"); err != nil || who != nil || r.made.Load() != 1 {
		t.Errorf("%v, %v", who, err)
	}
}
