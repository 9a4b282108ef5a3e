package journal

import (
	"context"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

const ledgersResource = "stockledgers"

// storedLedger is the StockLedger as far as a journal is concerned. The rest of its status
// is kept as it is, fields of other releases included.
type storedLedger struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        ledgerMetadata            `json:"metadata"`
	Status          map[string]jsontext.Value `json:"status,omitempty"`
}

type ledgerMetadata struct {
	Name            string    `json:"name"`
	Namespace       string    `json:"namespace,omitempty"`
	UID             types.UID `json:"uid,omitempty"`
	ResourceVersion string    `json:"resourceVersion,omitempty"`
}

// journalField is the field of the status that names the journal.
const journalField = "journal"

// names returns the identity that the ledger names.
func (l *storedLedger) names() (Identity, error) {
	var named *v1.JournalIdentity
	if text, ok := l.Status[journalField]; ok {
		if err := json.Unmarshal(text, &named, lenient); err != nil {
			return Identity{}, fmt.Errorf("decode status.%s: %w", journalField, err)
		}
	}
	if named == nil {
		return Identity{}, nil
	}
	return Identity{Journal: string(named.UID), Namespace: string(named.Namespace)}, nil
}

// fetchLedger reads the StockLedger past all caches.
func (s *Store) fetchLedger(ctx context.Context) (*storedLedger, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	text, err := send(ctx, s.client.ours.Get().Namespace(s.namespace).Resource(ledgersResource).Name(v1.LedgerName))
	if err != nil {
		return nil, err
	}
	l := &storedLedger{}
	return l, json.Unmarshal(text, l, lenient)
}

// readLedger answers with the StockLedger as it is stored.
func (s *Store) readLedger(ctx context.Context, call uint64) Event {
	l, err := s.fetchLedger(ctx)
	if absent(err) {
		return LedgerRead{Call: call}
	}
	answer := LedgerRead{Call: call, Found: true}
	if err == nil {
		answer.Version, err = strconv.ParseUint(l.Metadata.ResourceVersion, 10, 64)
	}
	if err == nil {
		answer.Names, err = l.names()
	}
	if err != nil {
		return s.ledgerFailed(call, "read", err)
	}
	return answer
}

// createLedger makes the StockLedger, naming nobody, unless there is one, then reads it.
func (s *Store) createLedger(ctx context.Context, e CreateLedger) Event {
	l := ledgerObject()
	l.Metadata = ledgerMetadata{Name: v1.LedgerName}
	body, err := json.Marshal(l)
	if err == nil {
		err = s.sendLedger(ctx, body)
	}
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return s.ledgerFailed(e.Call, "create", err)
	}
	return s.readLedger(ctx, e.Call)
}

func (s *Store) sendLedger(ctx context.Context, body []byte) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	_, err := send(ctx, s.client.ours.Post().Namespace(s.namespace).Resource(ledgersResource).
		SetHeader("Content-Type", "application/json").Body(body))
	return err
}

// nameLedger writes the journal's identity into the StockLedger if that is still at a
// version, then reads it: whatever became of the write, it says so.
func (s *Store) nameLedger(ctx context.Context, e NameLedger) Event {
	l, err := s.fetchLedger(ctx)
	if err == nil && l.Metadata.ResourceVersion == strconv.FormatUint(e.Version, 10) {
		err = s.putName(ctx, l, e.Names)
	}
	answer := s.readLedger(ctx, e.Call)
	if read, ok := answer.(LedgerRead); ok && read.Err == nil && read.Names != e.Names && err != nil && !apierrors.IsConflict(err) && !absent(err) {
		return s.ledgerFailed(e.Call, "write", err)
	}
	return answer
}

// putName writes the identity over the version that was read, and all else as it was.
func (s *Store) putName(ctx context.Context, l *storedLedger, names Identity) error {
	name, err := json.Marshal(v1.JournalIdentity{UID: types.UID(names.Journal), Namespace: types.UID(names.Namespace)})
	if err != nil {
		return err
	}
	l.TypeMeta = ledgerObject().TypeMeta
	if l.Status == nil {
		l.Status = map[string]jsontext.Value{}
	}
	l.Status[journalField] = name
	body, err := json.Marshal(l)
	if err != nil {
		return err
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	_, err = send(ctx, s.client.ours.Put().Namespace(s.namespace).Resource(ledgersResource).Name(v1.LedgerName).SubResource("status").
		Param("fieldValidation", metav1.FieldValidationStrict).SetHeader("Content-Type", "application/json").Body(body))
	return err
}

func ledgerObject() *storedLedger {
	return &storedLedger{TypeMeta: metav1.TypeMeta{Kind: "StockLedger", APIVersion: v1.GroupVersion.String()}}
}

func (s *Store) ledgerFailed(call uint64, verb string, err error) Event {
	return LedgerRead{Call: call, Err: fmt.Errorf(
		"%s StockLedger %s/%s, which has to name the journal before anything is decided: %w", verb, s.namespace, v1.LedgerName, err)}
}
