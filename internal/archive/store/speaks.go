package store

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// answersWithin is how soon a server on its feet answers the first bytes.
const answersWithin = time.Second

// speaksOtherwise tells whether what answers at the database's address is surely no PostgreSQL,
// nor a pooler before one: asked whether it takes TLS those say yes, no, or that they fail. A
// server that says nothing may be one that is about to begin or to end.
func (s *Store) speaksOtherwise(ctx context.Context) bool {
	config := s.pool.Config().ConnConfig
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	if network == "unix" {
		return false
	}
	dialer := net.Dialer{Timeout: config.ConnectTimeout}
	connection, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return false
	}
	defer func() { _ = connection.Close() }()
	question, err := (&pgproto3.SSLRequest{}).Encode(nil)
	if err != nil {
		return false
	}
	// Whoever reads lines, as HTTP does, says nothing before it has one.
	for _, said := range [][]byte{question, []byte("\r\n\r\n")} {
		answer := make([]byte, 1)
		if _, err := connection.Write(said); err != nil {
			return false
		}
		if err := connection.SetReadDeadline(time.Now().Add(answersWithin)); err != nil {
			return false
		}
		switch _, err := connection.Read(answer); {
		case err == nil:
			return answer[0] != 'S' && answer[0] != 'N' && answer[0] != 'E'
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return false
		}
	}
	return false
}
