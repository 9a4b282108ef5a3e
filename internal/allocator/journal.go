package allocator

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// requestTimeout bounds one API request. What a longer one did is found out by
// reading.
const requestTimeout = 10 * time.Second

func (s *shard) ledgerKey() client.ObjectKey {
	return client.ObjectKey{Namespace: s.namespace, Name: v1.LedgerName}
}

// readLedger reads until it knows what is stored.
func (s *shard) readLedger(ctx context.Context, term uint64) Event {
	var stored *Stored
	if !s.persist(ctx, "read the stock ledger", func() (err error) {
		stored, err = s.storedLedger(ctx)
		return err
	}) {
		return nil
	}
	return LedgerRead{Term: term, Stored: stored}
}

// storedLedger reads the ledger once, nil if there is none.
func (s *shard) storedLedger(ctx context.Context) (*Stored, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var l v1.StockLedger
	err := s.Reader.Get(ctx, s.ledgerKey(), &l)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &Stored{UID: l.UID, Version: versionOf(l.ResourceVersion), Status: l.Status}, nil
}

// createLedger makes the ledger; somebody else's may be there first.
func (s *shard) createLedger(ctx context.Context, term uint64) Event {
	if !s.persist(ctx, "create the stock ledger", func() error {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		l := &v1.StockLedger{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: v1.LedgerName}}
		if err := s.Client.Create(ctx, l); !apierrors.IsAlreadyExists(err) {
			return err
		}
		return nil
	}) {
		return nil
	}
	return s.readLedger(ctx, term)
}

// writeLedger sends one compare-and-swap and says what is known of it.
func (s *shard) writeLedger(ctx context.Context, e WriteLedger) Event {
	started := s.Clock.Now()
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	l := &v1.StockLedger{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.namespace, Name: v1.LedgerName,
			UID: e.UID, ResourceVersion: formatVersion(e.Version),
		},
		Status: e.Status,
	}
	err := s.Client.Status().Update(ctx, l)
	answer := LedgerWritten{Term: e.Term, Token: e.Status.Token}
	switch {
	case err == nil:
		answer.Result, answer.Version = Landed, versionOf(l.ResourceVersion)
	case apierrors.IsConflict(err), apierrors.IsNotFound(err):
		answer.Result = Refused
	default:
		answer.Result = Unknown
		if ctx.Err() != context.Canceled {
			s.log.Error(err, "a write of the stock ledger has no known outcome: reading it to find out")
		}
	}
	observeLedgerWrite(answer.Result, s.Clock.Since(started), e.Decisions)
	return answer
}
