package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/test/archived"
	"github.com/acme/inventory-service/test/testbed"
)

const (
	// bridgeAudience is what --audience says where it says nothing.
	bridgeAudience = "inventory-bridge"
	sinkAudience   = "soak-sink"
	// tokenLife is as short as the API server allows, so that tokens run out meanwhile.
	tokenLife = 10 * time.Minute
)

// soak is the world of one soak.
type soak struct {
	*testbed.World
	clients  kubernetes.Interface
	database *postgres.Server
	url      string
	sink     *sink
	archived *archived.Database

	// mu guards the processes, which are replaced by whoever disturbs.
	mu        sync.RWMutex
	operators [2]*process
	archives  [2]*process

	// token is what clients show to the bridge, pace what one waits between two carts.
	token atomic.Pointer[string]
	pace  atomic.Int64
	told  *told
	// disturbances counts what was done to processes so far, ended the archives that ended by
	// themselves.
	disturbances, ended atomic.Int64
}

// process is an operator or an archive, and where its metrics are.
type process struct {
	*testbed.Operator
	bridge, metrics string
	// told says that the soak itself ends it.
	told *atomic.Bool
}

func start(t *testing.T) *soak {
	database := postgrestest.Start(t, postgres.Options{})
	s := &soak{World: testbed.OwnWorld(t), database: database, told: newTold()}
	s.BinaryFlags = nil // as it ships: ids are UUIDs, callers show tokens
	var err error
	s.clients, err = kubernetes.NewForConfig(s.ControlPlane.RESTConfig())
	s.Must(err)
	s.url = database.URL(postgres.PlainRole, postgrestest.DatabaseOn(t, database))
	s.sink = newSink(s.World, s.clients)
	s.archived = archived.Open(s.World, s.url)

	controlplanetest.NewAccount(t, s.ControlPlane, s.Namespace, "checkout").Bind(s.Namespace, "inventory-client")
	token, err := s.newToken(t.Context())
	s.Must(err)
	s.token.Store(&token)

	for i := range products {
		s.Declare(fmt.Sprintf("p-%d", i), product(i), "ams", received)
	}
	s.Declare("none", product(products), "ams", 0)
	for i := range s.operators {
		s.operators[i] = &process{bridge: testbed.FreeAddress(s.World), metrics: testbed.FreeAddress(s.World)}
		s.launch(i)
	}
	for i := range s.archives {
		s.archives[i] = &process{metrics: testbed.FreeAddress(s.World)}
		s.archive(i)
	}
	s.AwaitLedger(func(l *v1.StockLedger) bool { return testbed.LedgerReady(&l.Status) })
	s.archived.AwaitTables()
	return s
}

// product is the id of a product; that after the last has no stock.
func product(i int) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://soak.example/products/"+strconv.Itoa(i))).String()
}

func (s *soak) launch(i int) {
	p := s.operators[i]
	o := s.LaunchAt(p.bridge, s.Kubeconfig, "--metrics-address", p.metrics,
		"--journal-limit", strconv.Itoa(journalLimit), "--max-shown", maxShown, "--audit-interval", "1m",
		"--sink", s.sink.url, "--sink-audience", sinkAudience, "--sink-token-over-http", "--send-released", "--send-consumed")
	o.AwaitReady()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.operators[i] = &process{Operator: o, bridge: p.bridge, metrics: p.metrics, told: new(atomic.Bool)}
}

func (s *soak) archive(i int) {
	p := s.archives[i]
	o := s.Archive(s.url, "--metrics-address", p.metrics, "--leader-elect=true",
		"--lease-duration", "6s", "--renew-deadline", "4s", "--retry-period", "300ms")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.archives[i] = &process{Operator: o, metrics: p.metrics, told: new(atomic.Bool)}
}

// bridge is the URL of one of the operators.
func (s *soak) bridge(random *rand.Rand) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.operators[random.IntN(len(s.operators))].Bridge
}

// newToken asks for a token with which clients are let in.
func (s *soak) newToken(ctx context.Context) (string, error) {
	seconds := int64(tokenLife.Seconds())
	answer, err := s.clients.CoreV1().ServiceAccounts(s.Namespace).CreateToken(ctx, "checkout", &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{Audiences: []string{bridgeAudience}, ExpirationSeconds: &seconds},
	}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return answer.Status.Token, nil
}

// renewToken gives the clients a new token in time.
func (s *soak) renewToken(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(tokenLife / 3):
		}
		if token, err := s.newToken(ctx); err == nil {
			s.token.Store(&token)
		} else if ctx.Err() == nil {
			s.Errorf("no new token for the clients: %v", err)
		}
	}
}

// atBound tells whether the journal is so large that things are forgotten early.
func (s *soak) atBound() bool { return s.journalBytes() > journalLimit/8*7 }

// journalBytes are those that are stored of the pages that count.
func (s *soak) journalBytes() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	largest := 0.0
	for _, o := range s.operators {
		largest = max(largest, metrics(s.get("http://"+o.metrics+"/metrics")).of("inventory_journal_bytes", stored))
	}
	return int64(largest)
}
