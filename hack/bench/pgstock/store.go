package pgstock

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/acme/inventory-service/api/events"
)

// Store decides each cart in one transaction, which updates each stock row on
// condition that there is enough and inserts the reservation.
type Store struct {
	Pool *pgxpool.Pool
	// Outbox says that the transaction inserts the outcome's event as well.
	Outbox bool
	// Committed, where there is an outbox, is called after each transaction.
	Committed func()
}

// errShort says that a cart cannot be served.
var errShort = errors.New("not enough stock")

// Reserve decides a cart, whose id is a UUID.
func (s *Store) Reserve(ctx context.Context, id string, items []events.Item) (reserved bool, err error) {
	// One order of locking, so that carts cannot block each other.
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b events.Item) int { return strings.Compare(a.ProductID, b.ProductID) })
	text, err := json.Marshal(items)
	if err != nil {
		return false, err
	}
	err = s.take(ctx, id, items, text)
	if errors.Is(err, errShort) {
		return false, s.refuse(ctx, id, items, text)
	}
	s.committed()
	return err == nil, err
}

// take makes the reservation, if every item can be had.
func (s *Store) take(ctx context.Context, id string, items []events.Item, text []byte) error {
	return pgx.BeginFunc(ctx, s.Pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for _, i := range items {
			batch.Queue(`UPDATE stock SET reserved = reserved + $1
				WHERE product = $2 AND location = $3 AND received - reserved >= $1`, i.Quantity, i.ProductID, Location)
		}
		batch.Queue(`INSERT INTO reservations VALUES ($1, $2, $3, 'Reserved', now(), now() + interval '15 minutes')`, id, id, text)
		if err := s.tell(batch, events.TypeReserved, Reserved(id, items)); err != nil {
			return err
		}
		results := tx.SendBatch(ctx, batch)
		for range items {
			tag, err := results.Exec()
			if err == nil && tag.RowsAffected() == 0 {
				err = errShort
			}
			if err != nil {
				return errors.Join(err, results.Close())
			}
		}
		return results.Close()
	})
}

// refuse keeps that there was not enough, in one round trip and one transaction.
func (s *Store) refuse(ctx context.Context, id string, items []events.Item, text []byte) error {
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO reservations VALUES ($1, $2, $3, 'Unavailable', now(), NULL)`, id, id, text)
	if err := s.tell(batch, events.TypeUnavailable, Unavailable(id, items)); err != nil {
		return err
	}
	err := s.Pool.SendBatch(ctx, batch).Close()
	s.committed()
	return err
}

// tell adds an event to a transaction. Its id is made here, so that each delivery of
// it has the same.
func (s *Store) tell(batch *pgx.Batch, kind string, payload any) error {
	if !s.Outbox {
		return nil
	}
	text, err := json.Marshal(payload)
	batch.Queue(`INSERT INTO outbox (event, type, payload) VALUES ($1, $2, $3)`, uuid.NewString(), kind, text)
	return err
}

func (s *Store) committed() {
	if s.Outbox && s.Committed != nil {
		s.Committed()
	}
}

// Release gives the units of a reservation back.
func (s *Store) Release(ctx context.Context, id string) error {
	return pgx.BeginFunc(ctx, s.Pool, func(tx pgx.Tx) error {
		var text []byte
		err := tx.QueryRow(ctx, `UPDATE reservations SET phase = 'Released' WHERE id = $1 AND phase = 'Reserved' RETURNING items`, id).Scan(&text)
		if err != nil {
			return err
		}
		var items []events.Item
		if err := json.Unmarshal(text, &items); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		for _, i := range items {
			batch.Queue(`UPDATE stock SET reserved = reserved - $1 WHERE product = $2 AND location = $3`, i.Quantity, i.ProductID, Location)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}
