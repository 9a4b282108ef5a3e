package webhook

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"errors"
	"net/http"
	"sync"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/namespaces"
)

// maxBatch is how many events a batch may have.
const maxBatch = 100

// entry is one event of a batch, and what became of it.
type entry struct {
	x        exchange
	envelope *envelope
	message  *message
	reply    cloudevents.Event
	err      error
}

// postBatch takes a batch of CloudEvents. All are served at the same time, so that their
// commands share a write, and are answered in their order. Where one may succeed later, the
// whole batch is to be sent again: what was carried out is not carried out twice.
func (b *bridge) postBatch(x *exchange, r *http.Request) error {
	x.operation = operationBatch
	x.beginTrace(r, nil)
	entries, err := decodeBatch(x, r)
	if err != nil {
		return err
	}
	if err := x.place.weigh(len(entries)); err != nil {
		return err
	}
	namespace, err := b.namespace(x, r)
	if err != nil {
		return err
	}
	ctx, cancel := x.bound(r.Context(), b.Wait) // the same for all of them
	defer cancel()
	var serving sync.WaitGroup
	for _, e := range entries {
		e.x = *x
		serving.Go(func() { b.serveEntry(ctx, e, namespace) })
	}
	serving.Wait()
	for _, e := range entries {
		if e.x.journal != nil {
			x.journal = e.x.journal
		}
	}
	if err := b.again(entries); err != nil {
		x.asked = true
		return err
	}
	return b.writeBatch(x, namespace, entries)
}

// decodeBatch takes a batch apart. An event that makes no sense is an entry with an error.
func decodeBatch(x *exchange, r *http.Request) ([]*entry, error) {
	body, err := readBody(x, r)
	if err != nil {
		return nil, err
	}
	var list []jsontext.Value
	// What is wrong with one event is not the others' fault: each is read strictly below.
	if err := json.Unmarshal(body, &list, jsontext.AllowDuplicateNames(true)); err != nil || list == nil {
		return nil, fail(invalid, "the batch must be one JSON array of CloudEvents in valid UTF-8")
	}
	if len(list) > maxBatch {
		return nil, fail(tooLarge, "a batch has at most %d events: send several", maxBatch)
	}
	entries := make([]*entry, len(list))
	for i, text := range list {
		e := &entry{}
		if e.envelope, e.err = readStructured(text); e.err == nil {
			e.message, e.err = e.envelope.message()
		}
		entries[i] = e
	}
	return entries, nil
}

// serveEntry answers one event of a batch. A panic is its error alone.
func (b *bridge) serveEntry(ctx context.Context, e *entry, namespace string) {
	if e.err != nil {
		return
	}
	e.x.beginEntry(e.message.extensions)
	defer func() {
		if p := recover(); p != nil {
			e.err = b.panicked(&e.x, "An event of a batch ended in a panic", p)
		}
		e.x.endSpan(e.err != nil)
	}()
	e.reply, e.err = b.serveEvent(ctx, &e.x, namespace, e.message)
}

// again is why a whole batch is to be served elsewhere, or sent again, for one of its events;
// nil where it is not.
func (b *bridge) again(entries []*entry) error {
	for _, e := range entries {
		if s := (*elsewhereError)(nil); errors.As(e.err, &s) || errors.Is(e.err, namespaces.ErrNotRunning) {
			return e.err
		}
	}
	for i, e := range entries {
		if e.err == nil {
			continue
		}
		if f := b.describe(e.err); f.status(true) == http.StatusServiceUnavailable {
			later := fail(f.kind, "event %d of the batch: %s. Send the whole batch again", i, f.detail)
			later.cause = f.cause
			return later
		}
	}
	return nil
}

// writeBatch answers with the events that tell what became of each, in order. Those that are
// told elsewhere are left out, and where nothing is left it is 202.
func (b *bridge) writeBatch(x *exchange, namespace string, entries []*entry) error {
	replies := []cloudevents.Event{}
	for _, e := range entries {
		switch {
		case e.err != nil:
			replies = append(replies, b.failed(namespace, e))
		case b.tells(&e.x):
			replies = append(replies, e.reply)
		}
	}
	if len(replies) == 0 && len(entries) > 0 {
		x.WriteHeader(http.StatusAccepted)
		return nil
	}
	var body bytes.Buffer
	encoder := stdjson.NewEncoder(&body) // as the SDK's events have it
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(replies); err != nil {
		return unencodable("the answer to a batch", err)
	}
	writeBody(x, http.StatusOK, cloudevents.ApplicationCloudEventsBatchJSON, bytes.TrimSuffix(body.Bytes(), []byte("\n")))
	return nil
}

// failed is the event that tells why one of a batch can never be carried out.
func (b *bridge) failed(namespace string, e *entry) cloudevents.Event {
	f := b.describe(e.err)
	if f.cause != nil {
		b.log.trouble(f.cause, &e.x)
	}
	var source, id string
	if e.envelope != nil {
		source, id = e.envelope.attributes[attributeSource], e.envelope.attributes[attributeID]
	}
	told := events.Failed(namespace, uuid.NewString()+".failed", source, id, newProblem(f, true).encode())
	return events.WithSchema(told, b.SchemasURL)
}
