package journal

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// follower is one List and the watch that goes on from it.
type follower struct {
	ctx    context.Context
	cancel context.CancelFunc
	// watching says that the list was answered; ended closes when nothing more will be sent.
	watching bool
	ended    chan struct{}
}

// follow ends the watch there is, lists, and watches from the version of the list.
func (s *Store) follow(e List) {
	f := &follower{ended: make(chan struct{})}
	f.ctx, f.cancel = context.WithCancel(s.ctx)
	s.mu.Lock()
	before := s.latest
	s.latest = f
	wait := before != nil && before.watching
	s.mu.Unlock()
	if before != nil {
		before.cancel()
	}
	if wait {
		<-before.ended // or it might send one more
	}
	s.running.Go(func() {
		defer close(f.ended)
		defer f.cancel()
		listed := Listed{Call: e.Call, Err: errReplaced}
		if pause(f.ctx, e.Delay) {
			listed.Version, listed.Pages, listed.Err = s.list(f.ctx)
		}
		if listed.Err != nil {
			listed.Err = fmt.Errorf("list JournalPages of %s: %w", s.namespace, listed.Err)
		}
		s.send(s.ctx, listed)
		if listed.Err == nil && s.begins(f) {
			s.watch(f.ctx, e.Call, listed.Version)
		}
	})
}

var errReplaced = errors.New("another list was begun")

// begins tells whether a follower may watch: no other has taken its place.
func (s *Store) begins(f *follower) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.watching = s.latest == f
	return f.watching
}

// listAttempts bounds how often a list begins again because it took longer than versions
// are kept.
const listAttempts = 3

// list reads all pages at one version.
func (s *Store) list(ctx context.Context) (version uint64, pages []Page, err error) {
	for range listAttempts {
		version, pages, err = s.listChunks(ctx)
		if !gone(err) && !errors.Is(err, errMoved) {
			break
		}
	}
	return version, pages, err
}

// errMoved says that a chunk is of another version than the one before it.
var errMoved = errors.New("the API server went on at another version")

// gone tells whether a version is no longer there to go on from. There is another token
// in such an answer, for going on at another version: that is not what is wanted.
func gone(err error) bool { return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) }

// pageList is a chunk of a list.
type pageList struct {
	Metadata metav1.ListMeta  `json:"metadata"`
	Items    []jsontext.Value `json:"items"`
}

func (s *Store) listChunks(ctx context.Context) (version uint64, pages []Page, err error) {
	for next := ""; ; {
		chunk, err := s.chunk(ctx, next)
		if err != nil {
			return 0, nil, err
		}
		at, err := strconv.ParseUint(chunk.Metadata.ResourceVersion, 10, 64)
		if err != nil {
			return 0, nil, fmt.Errorf("the list has no version that is a number: %w", err)
		}
		if next != "" && at != version {
			return 0, nil, errMoved
		}
		version = at
		for _, item := range chunk.Items {
			p, err := decodePage(item)
			if err != nil {
				return 0, nil, err
			}
			pages = append(pages, p)
		}
		if next = chunk.Metadata.Continue; next == "" {
			return version, pages, nil
		}
	}
}

// chunk reads the first pages, or those after a token. Without a version the API server
// answers with what is stored now.
func (s *Store) chunk(ctx context.Context, next string) (chunk pageList, err error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	request := s.pages(s.client.ours.Get()).Param("limit", strconv.FormatInt(s.options.Chunk, 10))
	if next != "" {
		request = request.Param("continue", next)
	}
	text, err := send(ctx, request)
	if err != nil {
		return chunk, err
	}
	return chunk, json.Unmarshal(text, &chunk, lenient)
}
