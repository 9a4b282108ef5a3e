package soak

import (
	"context"
	"errors"
	"hash/maphash"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/test/testbed"
)

// sink takes the events of all outcomes and ends, of those alone who show the operator's token.
type sink struct {
	w       *testbed.World
	clients kubernetes.Interface
	url     string
	// away has it refuse everything.
	away atomic.Bool
	// refusals counts events whose sender was not believed.
	refusals atomic.Int64

	mu       sync.Mutex
	believed map[string]time.Time // tokens, and until when they need not be asked for
	content  map[string]uint64    // by the event's id
	types    map[string][]string  // what came of each reservation, each event once
	twice    int
	hash     maphash.Seed
}

func newSink(w *testbed.World, clients kubernetes.Interface) *sink {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.Must(err)
	s := &sink{
		w: w, clients: clients, url: "http://" + listener.Addr().String(), hash: maphash.MakeSeed(),
		believed: map[string]time.Time{}, content: map[string]uint64{}, types: map[string][]string{},
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: testbed.Patience}
	go func() { _ = server.Serve(listener) }()
	w.Cleanup(func() { _ = server.Close() })
	return s
}

func (s *sink) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if s.away.Load() {
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch is, err := s.believes(r.Context(), token); {
	case err != nil:
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	case !is:
		s.refusals.Add(1)
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	event, err := binding.ToEvent(r.Context(), cehttp.NewMessageFromHttpRequest(r))
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			s.w.Errorf("the sink got what is no event: %v", err)
		}
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	s.record(event.ID(), event.Subject(), event.Type(), event.Data())
	rw.WriteHeader(http.StatusAccepted)
}

// believes tells whether a token is the operator's and made for this sink. That is asked again
// each minute.
func (s *sink) believes(ctx context.Context, token string) (bool, error) {
	s.mu.Lock()
	until := s.believed[token]
	s.mu.Unlock()
	if token == "" || time.Now().Before(until) {
		return token != "", nil
	}
	answer, err := s.clients.AuthenticationV1().TokenReviews().Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: []string{sinkAudience}},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	is := answer.Status.Authenticated && answer.Status.User.Username == "system:serviceaccount:inventory-system:inventory-operator"
	s.mu.Lock()
	defer s.mu.Unlock()
	if is {
		s.believed[token] = time.Now().Add(time.Minute)
	}
	return is, nil
}

func (s *sink) record(id, reservation, kind string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	content := maphash.Bytes(s.hash, data)
	before, known := s.content[id]
	switch {
	case known && before != content:
		s.w.Errorf("event %s came with two contents", id)
	case known:
		s.twice++
	default:
		s.content[id] = content
		s.types[reservation] = append(s.types[reservation], kind)
	}
}

// check waits until what clients were told has come as events, and fails the test where
// anything else came.
func (s *sink) check(t *told) {
	carts := t.all()
	deadline := time.Now().Add(testbed.Patience)
	for id, is := range carts {
		for !s.has(id, is) {
			if time.Now().After(deadline) {
				s.w.Errorf("the client of reservation %s was told %s, and the sink got %v", id, is, s.of(id))
				break
			}
			time.Sleep(50 * time.Millisecond) // a poll of other processes
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if untold := int64(len(s.types) - len(carts)); untold > t.unanswered.Load() {
		s.w.Errorf("%d carts of which the sink got events were told to nobody, and %d were never answered", untold, t.unanswered.Load())
	}
	s.w.Logf("the sink got %d events, %d of them twice; %d of senders that it did not believe", len(s.content), s.twice, s.refusals.Load())
	if s.refusals.Load() > 0 {
		s.w.Error("an operator has sent tokens that did not count")
	}
}

func (s *sink) of(reservation string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.types[reservation])
}

// has tells whether all events of a cart have come.
func (s *sink) has(reservation string, is fate) bool {
	got := s.of(reservation)
	slices.Sort(got)
	for _, want := range map[fate][][]string{
		refused:  {{events.TypeUnavailable}},
		held:     {{events.TypeReleased, events.TypeReserved}},
		released: {{events.TypeReleased, events.TypeReserved}},
		consumed: {{events.TypeConsumed, events.TypeReserved}},
		unsure:   {{events.TypeConsumed, events.TypeReserved}, {events.TypeReleased, events.TypeReserved}},
	}[is] {
		if slices.Equal(got, want) {
			return true
		}
	}
	return false
}
