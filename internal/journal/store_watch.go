package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// The pauses between two tries to go on with a watch: the first is short, since a server
// that ends its watches in good order is often there already.
const (
	firstPause = 50 * time.Millisecond
	longPause  = time.Second
	// maxFailures is after how many tries a list is asked for instead: it says what is in
	// the way, and until it is there nothing is taken for up to date.
	maxFailures = 10
)

// gapError says that changes may have been missed.
type gapError struct{ err error }

func (g *gapError) Error() string {
	return "changes of JournalPages may have been missed: " + g.err.Error()
}
func (g *gapError) Unwrap() error { return g.err }

// watch sends all changes after a version, over as many watches as that takes, until
// some may have been missed or ctx ends.
func (s *Store) watch(ctx context.Context, call, version uint64) {
	for failures := 0; ctx.Err() == nil; {
		before, began := version, time.Now()
		err := s.watchOnce(ctx, call, &version)
		if gap := (*gapError)(nil); errors.As(err, &gap) {
			s.send(ctx, WatchEnded{Call: call})
			return
		}
		// One that ends at once has failed too, however orderly it did.
		if failures++; version != before || time.Since(began) > longPause {
			failures = 0
		}
		if failures > maxFailures {
			s.send(ctx, WatchEnded{Call: call}) // a list tells what is in the way
			return
		}
		if failures > 0 {
			about := min(firstPause<<min(failures-1, 8), longPause)
			pause(ctx, about/2+rand.N(about))
		}
	}
}

// watchOnce opens one watch and sends its events until it breaks off. version is that of
// the last event. The error is a gapError where the next watch cannot go on from there.
func (s *Store) watchOnce(ctx context.Context, call uint64, version *uint64) error {
	asked := s.options.Watch + rand.N(s.options.Watch/4+1)
	ctx, cancel := context.WithTimeout(ctx, asked+s.options.Timeout) // where the server is silent
	defer cancel()
	body, err := s.openWatch(ctx, cancel, *version, asked)
	if err != nil {
		if gone(err) || apierrors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge) {
			return &gapError{err}
		}
		return err
	}
	defer func() { _ = body.Close() }()
	for events := jsontext.NewDecoder(body, lenient); ; {
		var event watchEvent
		if err := json.UnmarshalDecode(events, &event, lenient); err != nil {
			return brokenOff(err)
		}
		if err := s.tell(ctx, call, event, version); err != nil {
			return err
		}
	}
}

// openWatch asks for all changes after a version.
func (s *Store) openWatch(ctx context.Context, cancel context.CancelFunc, version uint64, asked time.Duration) (io.ReadCloser, error) {
	opening := time.AfterFunc(s.options.Timeout, cancel)
	defer opening.Stop()
	return s.pages(s.client.ours.Get()).
		Param("watch", "true").Param("allowWatchBookmarks", "true").
		Param("resourceVersion", strconv.FormatUint(version, 10)).
		Param("timeoutSeconds", strconv.Itoa(max(1, int(asked.Seconds())))).
		MaxRetries(0).Stream(ctx)
}

// watchEvent is one event as the API server sends it.
type watchEvent struct {
	Type   watch.EventType `json:"type"`
	Object jsontext.Value  `json:"object"`
}

// brokenOff judges why no event could be read: nil at the end that was asked for, a
// gapError where there is one that cannot be read, else the connection's error.
func brokenOff(err error) error {
	var syntactic *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &syntactic), errors.As(err, &semantic):
		return &gapError{err}
	default:
		return err
	}
}

// tell sends what an event says.
func (s *Store) tell(ctx context.Context, call uint64, event watchEvent, version *uint64) error {
	switch event.Type {
	case watch.Added, watch.Modified, watch.Deleted:
		p, err := decodePage(event.Object)
		if err != nil {
			return &gapError{err}
		}
		if p.Version <= *version {
			return &gapError{fmt.Errorf("version %d of page %s came after version %d", p.Version, p.Name, *version)}
		}
		*version = p.Version
		s.send(ctx, Watched{Call: call, Page: p, Deleted: event.Type == watch.Deleted})
		return ctx.Err()
	case watch.Bookmark:
		var bare metav1.PartialObjectMetadata
		if err := json.Unmarshal(event.Object, &bare, lenient); err != nil {
			return &gapError{err}
		}
		at, err := strconv.ParseUint(bare.ResourceVersion, 10, 64)
		if err != nil || at < *version {
			return &gapError{fmt.Errorf("a bookmark of version %.40q came after version %d", bare.ResourceVersion, *version)}
		}
		*version = at
		return nil
	default:
		return &gapError{fmt.Errorf("the API server says %s: %.400s", event.Type, event.Object)}
	}
}
